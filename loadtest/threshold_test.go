package loadtest

import (
	"fmt"
	"strings"
	"testing"

	"fedge/result"
)

func TestParseThreshold(t *testing.T) {
	for _, tt := range []struct{ text, want, err string }{
		{"failures>0", "failures>0", ""},
		{" failures.timeout >= 3 ", "failures.timeout>=3", ""},
		{"session_request_delay_seconds.p99>200ms", "session_request_delay_seconds.p99>0.2", ""},
		{"session_establishment_ratio<0.999", "session_establishment_ratio<0.999", ""},
		{"offered_rate<=1e3", "offered_rate<=1000", ""},
		{"session_request_delay_second.p99>0.5", "", "did you mean session_request_delay_seconds.p99?"},
		{"failure>0", "", "did you mean failures?"},
		{"failures", "", "no threshold"},
		{"failures=0", "", "no threshold"},
		{"failures>", "", "no threshold"},
		{"failures>many", "", "no value"},
		{"failures>NaN", "", "no value"},
		{"", "", "no threshold"},
	} {
		got, err := ParseThreshold(tt.text)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, want an error with %q", tt.text, err, tt.err)
			}
		case err != nil || got.String() != tt.want:
			t.Errorf("%q: %v, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}

func FuzzParseThreshold(f *testing.F) {
	f.Add("failures>0")
	f.Add("cpu.target<=1h")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseThreshold(text)
		if err != nil {
			return
		}
		if again, err := ParseThreshold(parsed.String()); err != nil || again != parsed {
			t.Errorf("%q is %v, which reads as %v, %v", text, parsed, again, err)
		}
	})
}

func TestHold(t *testing.T) {
	load := func() *result.Load {
		l := &result.Load{Attempts: 2_000, Failures: map[string]int64{"timeout": 1, "dropped_start": 50}}
		l.SessionRequestDelaySeconds.P99 = new(0.3)
		return l
	}
	for _, tt := range []struct {
		fail string
		want result.Verdict
	}{
		{"failed_ratio>0.001", result.Pass},
		{"failed_ratio>=0.0005", result.Fail},
		{"failures>1", result.Pass}, // a start that was dropped is our fault
		{"failures.timeout>0", result.Fail},
		{"failures.tls>0", result.Pass},
		{"failures.dropped_start>0", result.Fail},
		{"session_request_delay_seconds.p99>250ms", result.Fail},
		{"session_request_delay_seconds.p999>250ms", result.Inconclusive},
		{"attempts<2000", result.Pass},
		{"attempts<=2000", result.Fail},
	} {
		threshold, err := ParseThreshold(tt.fail)
		if err != nil {
			t.Fatal(err)
		}
		l := load()
		if got := Hold(l, []Threshold{threshold}); got != tt.want || len(l.Objectives) != 1 || l.Objectives[0].Outcome != tt.want {
			t.Errorf("%s: %s, %+v; want %s", tt.fail, got, l.Objectives, tt.want)
		}
	}
	crossed, _ := ParseThreshold("failures>0")
	unknown, _ := ParseThreshold("session_request_delay_seconds.p999>1")
	if got := Hold(load(), []Threshold{crossed, unknown}); got != result.Fail {
		t.Errorf("one crossed and one unknown is %s, want fail", got)
	}
	if got := Hold(&result.Load{}, DefaultThresholds()); got != result.Inconclusive {
		t.Errorf("no attempts is %s, want inconclusive", got)
	}
}

// TestInvalidIsHeldToNothing: neither what an invalid run crosses nor what it
// keeps is the target's doing.
func TestInvalidIsHeldToNothing(t *testing.T) {
	crossed, _ := ParseThreshold("session_request_delay_seconds.p50>0.0000001")
	kept, _ := ParseThreshold("failures<1e6")
	load := result.Load{Attempts: 2_000, Validity: []result.Validity{{Detector: "machine_busy", Outcome: detectorInvalid}}}
	load.SessionRequestDelaySeconds.P50 = new(0.3)
	verdict := Hold(&load, []Threshold{crossed, kept})
	if verdict != result.Inconclusive || len(load.Objectives) != 2 {
		t.Fatalf("%s, %+v", verdict, load.Objectives)
	}
	for _, o := range load.Objectives {
		if o.Outcome != result.Inconclusive || o.Value != nil || o.Why != "the run is invalid" {
			t.Errorf("%+v", o)
		}
	}
	if *load.SessionRequestDelaySeconds.P50 != 0.3 {
		t.Error("what was measured is lost")
	}
}

// TestEveryMetricCanBeRead also on a load that holds nothing.
func TestEveryMetricCanBeRead(t *testing.T) {
	for _, name := range MetricNames() {
		thresholdMetrics[name](&result.Load{})
	}
	if len(MetricNames()) < 30 {
		t.Errorf("only %d metrics", len(MetricNames()))
	}
}

func TestGivenThresholdsJoinTheDefaults(t *testing.T) {
	delay, _ := ParseThreshold("session_request_delay_seconds.p99>200ms")
	loose, _ := ParseThreshold("failed_ratio>0.05")
	for _, tt := range []struct {
		name  string
		given []Threshold
		want  string
	}{
		{"none", nil, "[failed_ratio>0.001]"},
		{"on something else", []Threshold{delay}, "[failed_ratio>0.001 session_request_delay_seconds.p99>0.2]"},
		{"on the same", []Threshold{loose}, "[failed_ratio>0.05]"},
	} {
		if got := fmt.Sprint(withDefaults(tt.given)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
