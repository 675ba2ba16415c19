package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"fedge/metrics"
)

// use puts something into every metric.
func use(r *metrics.Registry) {
	r.CallAttempted(metrics.Inbound)
	r.CallAnswered(metrics.Inbound, 200, 150*time.Millisecond)
	r.CallStarted(metrics.Inbound)
	r.CallAttempted(metrics.Outbound)
	r.CallAnswered(metrics.Outbound, 404, 10*time.Millisecond)
	r.CallAnswered(metrics.Outbound, 42, 0)
	r.CallFailed(metrics.Outbound, "timeout", 32*time.Second)
	r.CallStarted(metrics.Outbound)
	r.CallEnded(metrics.Outbound, "bye", time.Minute)
	r.LinkOpened(metrics.Inbound)
	r.LinkOpened(metrics.Inbound)
	r.LinkClosed(metrics.Inbound)
	r.LinkRefused(metrics.Inbound, "per-address")
	r.Handshake(metrics.Inbound, "ok", 3*time.Millisecond)
	r.Handshake(metrics.Outbound, "unknown-authority", time.Millisecond)
	r.GateRefused("cl.missing")
	r.Lookup("SRV", "no-such-name")
	r.MediaSessions("px03.vc.example.com", 7)
	r.MediaLost("px03.vc.example.com", 2)
	r.MediaLost("px03.vc.example.com", -1)
	r.Panicked("call")
	r.TurnedAway("throttle")
}

func scrape(t *testing.T, r *metrics.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestScrape(t *testing.T) {
	r := metrics.New()
	use(r)
	got := strings.Split(scrape(t, r), "\n")
	for _, want := range []string{
		`edge_sip_session_attempts_total{direction="inbound"} 1`,
		`edge_sip_session_answers_total{class="2xx",direction="inbound"} 1`,
		`edge_sip_session_answers_total{class="4xx",direction="outbound"} 1`,
		`edge_sip_session_answers_total{class="other",direction="outbound"} 1`,
		`edge_sip_session_failures_total{direction="outbound",reason="timeout"} 1`,
		`edge_sip_session_request_delay_seconds_bucket{direction="inbound",outcome="success",le="0.1"} 0`,
		`edge_sip_session_request_delay_seconds_bucket{direction="inbound",outcome="success",le="0.2"} 1`,
		`edge_sip_session_request_delay_seconds_bucket{direction="outbound",outcome="failed",le="32.0"} 3`,
		`edge_sip_sessions_in_progress{direction="inbound"} 1`,
		`edge_sip_sessions_in_progress{direction="outbound"} 0`,
		`edge_sip_sessions_ended_total{direction="outbound",reason="bye"} 1`,
		`edge_sip_session_duration_seconds_sum{direction="outbound"} 60`,
		`edge_links{direction="inbound"} 1`,
		`edge_links_opened_total{direction="inbound"} 2`,
		`edge_links_refused_total{direction="inbound",reason="per-address"} 1`,
		`edge_tls_handshakes_total{direction="inbound",result="ok"} 1`,
		`edge_tls_handshakes_total{direction="outbound",result="unknown-authority"} 1`,
		`edge_tls_handshake_seconds_count{direction="inbound"} 1`,
		`edge_gate_refusals_total{check="cl.missing"} 1`,
		`edge_panics_total{where="call"} 1`,
		`edge_requests_turned_away_total{reason="throttle"} 1`,
		`edge_dns_lookups_total{outcome="no-such-name",type="SRV"} 1`,
		`edge_media_sessions{node="px03.vc.example.com"} 7`,
		`edge_media_sessions_lost_total{node="px03.vc.example.com"} 2`,
	} {
		if !slices.Contains(got, want) && !slices.Contains(got, strings.Replace(want, `le="32.0"`, `le="32"`, 1)) {
			t.Errorf("missing: %s", want)
		}
	}
	for _, name := range []string{"edge_build_info{", "process_cpu_seconds_total ", "go_goroutines "} {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, name) }) {
			t.Errorf("nothing begins with %s", name)
		}
	}
	if t.Failed() {
		t.Logf("%s", strings.Join(got, "\n"))
	}
}

// TestHouseStyle has Prometheus' own linter read the names, and ours the rest.
func TestHouseStyle(t *testing.T) {
	r := metrics.New()
	use(r)
	text := scrape(t, r)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	typed := regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1)
	if len(typed) < 20 {
		t.Fatalf("%d metrics", len(typed))
	}
	for _, m := range typed {
		if !regexp.MustCompile(`^(edge|go|process|promhttp)_[a-z0-9_]+$`).MatchString(m[1]) {
			t.Errorf("%s has no prefix of ours", m[1])
		}
	}
}

// TestLabelsAreBounded: whatever peers send, the registry stays small.
func TestLabelsAreBounded(t *testing.T) {
	r := metrics.New()
	before := strings.Count(scrape(t, r), "\n")
	for i := range 5000 {
		word := fmt.Sprintf("reason-%d", i)
		r.CallFailed(metrics.Inbound, word, 0)
		r.CallEnded(metrics.Inbound, word, 0)
		r.LinkRefused(metrics.Inbound, word)
		r.Handshake(metrics.Inbound, word, 0)
		r.GateRefused(word)
		r.Lookup(word, word)
		r.MediaSessions(word, 1)
		r.CallAnswered(metrics.Inbound, i, 0)
	}
	if grown := strings.Count(scrape(t, r), "\n") - before; grown > 1200 {
		t.Errorf("%d lines more", grown)
	}
	r.GateRefused("a sentence: \"sip:a@b\"\r\n")
	r.GateRefused(strings.Repeat("x", 300))
	r.GateRefused("")
	text := scrape(t, r)
	if strings.Contains(text, "sentence") || strings.Contains(text, "xxx") || !strings.Contains(text, `edge_gate_refusals_total{check="other"}`) {
		t.Error("what is no word became a label")
	}
	r.GateRefused("reason-0")
	if !strings.Contains(scrape(t, r), `edge_gate_refusals_total{check="reason-0"} 2`) {
		t.Error("a word that was known no longer is")
	}
}

func TestNil(t *testing.T) {
	var r *metrics.Registry
	use(r)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

func TestConcurrent(t *testing.T) {
	r := metrics.New()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				use(r)
			}
		})
	}
	all.Wait()
	if text := scrape(t, r); !strings.Contains(text, `edge_sip_session_attempts_total{direction="inbound"} 400`+"\n") {
		t.Error("counts were lost")
	}
}

func TestHeld(t *testing.T) {
	r, n := metrics.New(), 0
	r.Hold(func() metrics.Held { n++; return metrics.Held{Transactions: n, Dialogs: 7} })
	for range 2 {
		if text := scrape(t, r); !strings.Contains(text, "edge_sip_dialogs 7\n") || !strings.Contains(text, "edge_sip_transactions ") {
			t.Errorf("not told:\n%s", text)
		}
	}
	if n < 4 {
		t.Errorf("the figures are not read when they are asked for: %d", n)
	}
	var none *metrics.Registry
	none.Hold(nil)
}
