package loadtest

import (
	"testing"
	"time"
)

// TestPercentilesWantTheirSample: ten values must lie beyond a percentile.
func TestPercentilesWantTheirSample(t *testing.T) {
	for _, tt := range []struct {
		n                        int
		p50, p90, p95, p99, p999 bool
	}{
		{0, false, false, false, false, false},
		{19, false, false, false, false, false},
		{20, true, false, false, false, false},
		{99, true, false, false, false, false},
		{100, true, true, false, false, false},
		{200, true, true, true, false, false},
		{999, true, true, true, false, false},
		{1_000, true, true, true, true, false},
		{9_999, true, true, true, true, false},
		{10_000, true, true, true, true, true},
	} {
		h := NewHistogram()
		for range tt.n {
			h.Record(time.Millisecond)
		}
		p := h.Percentiles()
		for _, q := range []struct {
			name  string
			value *float64
			want  bool
		}{
			{"p50", p.P50, tt.p50}, {"p90", p.P90, tt.p90}, {"p95", p.P95, tt.p95},
			{"p99", p.P99, tt.p99}, {"p999", p.P999, tt.p999}, {"max", p.Max, tt.n > 0},
		} {
			if (q.value != nil) != q.want {
				t.Errorf("n=%d: %s given is %t, want %t", tt.n, q.name, q.value != nil, q.want)
			}
		}
		if p.N != int64(tt.n) {
			t.Errorf("n=%d: N is %d", tt.n, p.N)
		}
	}
}

func TestHistogramHoldsThreeDigits(t *testing.T) {
	h := NewHistogram()
	for i := range 1_000 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	for _, tt := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 500 * time.Millisecond}, {0.99, 990 * time.Millisecond}, {1, time.Second}} {
		if got := h.Quantile(tt.q); (got - tt.want).Abs() > tt.want/1000 {
			t.Errorf("quantile %v is %v, want %v", tt.q, got, tt.want)
		}
	}
}

func TestHistogramKeepsWhatIsOutOfRange(t *testing.T) {
	h := NewHistogram()
	h.Record(-time.Second)
	h.Record(time.Hour)
	if h.Count() != 2 {
		t.Fatalf("%d of 2 recorded", h.Count())
	}
	if h.Quantile(0.1) != time.Microsecond || h.Max() < 119*time.Second {
		t.Errorf("from %v to %v, want the ends of the range", h.Quantile(0.1), h.Max())
	}
	empty := NewHistogram()
	if empty.Max() != 0 || empty.Quantile(0.5) != 0 {
		t.Error("an empty histogram holds something")
	}
}
