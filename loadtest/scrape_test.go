package loadtest

import (
	"strings"
	"testing"
)

func TestCounters(t *testing.T) {
	const text = `# HELP edge_throttled_total x
# TYPE edge_throttled_total counter
edge_throttled_total{domain="a",why="rate"} 3
edge_throttled_total{domain="}{ 9"} 4 1700000000
edge_throttled_total_other 100
edge_quarantined_total 1e1
edge_bad_total x
`
	for _, tt := range []struct {
		names string
		want  float64
		ok    bool
	}{
		{"edge_throttled_total", 7, true},
		{"edge_throttled_total edge_quarantined_total", 17, true},
		{"edge_missing_total", 0, false},
		{"edge_bad_total", 0, false},
	} {
		got, err := Counters(strings.NewReader(text), strings.Fields(tt.names)...)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %v, %v; want %v", tt.names, got, err, tt.want)
		}
	}
	if _, err := Counters(strings.NewReader(strings.Repeat("x", 2*longestLine)), "x"); err == nil {
		t.Error("a line without end was read")
	}
}

func FuzzCounters(f *testing.F) {
	f.Add("a_total{b=\"c\"} 1\n")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = Counters(strings.NewReader(text), "a_total")
	})
}
