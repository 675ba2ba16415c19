package scenario

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/result"
)

// TestSIPpScriptCarriesOurMessages: the same header fields, and a keyword of
// sipp's wherever ours names one call.
func TestSIPpScriptCarriesOurMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		if err := w.config.prepare(); err != nil {
			t.Fatal(err)
		}
		crew, err := w.config.crew()
		if err != nil {
			t.Fatal(err)
		}
		script, size, err := sippUAC(crew)
		if err != nil {
			t.Fatal(err)
		}
		if size < 4000 || size > 16000 {
			t.Errorf("the INVITE has %d bytes", size)
		}
		for text, n := range map[string]int{
			"Call-ID: [call_id]": 3, "tag=[pid]uac[call_number]": 3, "[peer_tag_param]": 2, "Content-Length: [len]": 3,
			"[local_ip]:[local_port];branch=[branch]": 3, "Record-Route: ": 2, "ms-key-info=": 1, "INVITE sip:standup@vc.example.com": 1,
			"CSeq: 1 ACK": 1, "CSeq: 2 BYE": 1, "a=crypto:": 4, "user-agent: uccapi": 3,
		} {
			if got := strings.Count(script, text); got != n && strings.Count(strings.ToLower(script), text) != n {
				t.Errorf("%q stands %d times in the script, want %d", text, got, n)
			}
		}
		for _, text := range []string{script, peerUAS} {
			decoder := xml.NewDecoder(strings.NewReader(strings.ReplaceAll(text, "ISO-8859-1", "UTF-8")))
			for {
				token, err := decoder.Token()
				if token == nil {
					if err != nil && err.Error() != "EOF" {
						t.Errorf("the script is no XML: %v", err)
					}
					break
				}
			}
		}
	})
}

func TestSIPpMessageRefusesBrackets(t *testing.T) {
	if _, err := sippMessage([]byte("INVITE sip:a@[::1] SIP/2.0\r\n\r\n")); err == nil {
		t.Error("sipp would take [::1] for a keyword")
	}
}

// TestBenchConcludes: figures are recomputed here from the rounds by hand.
func TestBenchConcludes(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, tt := range []struct {
		name      string
		ours      int // ms of the edge's CPU in each round of 1,000 calls
		sipp      bool
		edge      float64
		ratio     float64
		verdict   result.Verdict
		mustPrint string
	}{
		{"within both targets", 310, true, 300, 1.5, result.Pass, "edge / sipp UAS: 1.5, at most 2: pass"},
		{"too dear", 460, true, 450, 2.25, result.Fail, "450, at most 400: fail"},
		{"twice sipp and a bit", 412, true, 402, 2.01, result.Fail, "2.01, at most 2: fail"},
		{"nothing to compare with", 310, false, 300, 0, result.Pass, "edge / sipp UAS: at most 2: not measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			costs := map[string][]cost{}
			for range 5 {
				costs["ours"] = append(costs["ours"], cost{caller: ms(250), answerer: ms(tt.ours), idle: ms(10), calls: 1000})
				if tt.sipp {
					costs["sipp"] = append(costs["sipp"], cost{caller: ms(210), answerer: ms(220), idle: ms(20), calls: 1000})
				}
			}
			r := BenchResult{Run: result.Run{Verdict: result.Pass}, RoundSeconds: 1, Rate: 1000}
			r.conclude(costs)
			if r.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", r.Verdict, tt.verdict)
			}
			if got := r.figure(nameEdge).Microseconds.Median; !near(got, tt.edge) {
				t.Errorf("the edge costs %v µs, want %v", got, tt.edge)
			}
			if tt.sipp != (len(r.Ratios) == 2) || tt.sipp && !near(r.Ratios[0].Value.Median, tt.ratio) {
				t.Errorf("ratios %+v, want %v", r.Ratios, tt.ratio)
			}
			var printed bytes.Buffer
			if n, err := r.WriteTo(&printed); err != nil || n != int64(printed.Len()) || !strings.Contains(printed.String(), tt.mustPrint) {
				t.Errorf("%d, %v:\n%s\nwant %q", n, err, printed.String(), tt.mustPrint)
			}
		})
	}
}

func near(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }

func TestBenchWantsThePID(t *testing.T) {
	if _, err := (Bench{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "process id") {
		t.Errorf("%v", err)
	}
}
