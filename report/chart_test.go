package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fedge/result"
)

// A chart's lines are where the figures say, on the axes that it labels.
func TestChartsAreToScale(t *testing.T) {
	series := []result.Point{
		{AtSeconds: 0, Started: 100, Completed: 100, P50: new(0.001), P99: new(0.01), Max: new(0.1)},
		{AtSeconds: 1, Started: 50, Completed: 0, Failed: 50, P50: nil, P99: nil, Max: nil},
		{AtSeconds: 2, Started: 0, Completed: 100, P50: new(0.01), P99: new(0.1), Max: new(0.1)},
	}
	both := charts(series)
	latency, through := both[0], both[1]
	left, middle, right := float64(latency.Left), float64(latency.Left+latency.Right)/2, float64(latency.Right)
	place := func(ticks []tick, label string) float64 {
		i := slices.IndexFunc(ticks, func(k tick) bool { return k.Label == label })
		if i < 0 {
			t.Fatalf("no label %q in %+v", label, ticks)
		}
		return ticks[i].At
	}
	if got := place(latency.Across, "1 s"); got != middle {
		t.Errorf("1 s stands at %v, want %v", got, middle)
	}
	// The median breaks where nothing was answered.
	want := fmt.Sprintf("M%.1f %.1fM%.1f %.1f", left, place(latency.Up, "1 ms"), right, place(latency.Up, "10 ms"))
	if got := latency.Curves[2].Path; got != want {
		t.Errorf("median %q, want %q", got, want)
	}
	want = fmt.Sprintf("M%.1f %.1fL%.1f %.1fL%.1f %.1f", left, place(through.Up, "100"), middle, place(through.Up, "50"), right, place(through.Up, "0"))
	if got := through.Curves[0].Path; got != want {
		t.Errorf("started %q, want %q", got, want)
	}
	if len(through.Bars) != 1 || through.Bars[0].Y != place(through.Up, "50") || through.Bars[0].Y+through.Bars[0].Height != place(through.Up, "0") {
		t.Errorf("failures: %+v", through.Bars)
	}
	if len(latency.Hover) != 3 || !strings.Contains(latency.Hover[1].Text, "50 failed; median –") {
		t.Errorf("hover: %+v", latency.Hover)
	}
}

func TestChartsOfLittle(t *testing.T) {
	if charts(nil) != nil || charts([]result.Point{{}}) != nil {
		t.Error("one second is no line")
	}
	quiet := charts([]result.Point{{AtSeconds: 0}, {AtSeconds: 0}})
	if len(quiet) != 2 || strings.Contains(fmt.Sprint(quiet), "NaN") || strings.Contains(fmt.Sprint(quiet), "Inf") {
		t.Errorf("%+v", quiet)
	}
	fast := charts([]result.Point{{P50: new(0.001)}, {AtSeconds: 1, P50: new(0.001)}})
	if strings.Contains(fmt.Sprint(fast), "NaN") || strings.Contains(fmt.Sprint(fast), "Inf") {
		t.Errorf("%+v", fast)
	}
}

func TestNiceStep(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, 0.3: 0.5, 1: 1, 1.2: 2, 4: 5, 7: 10, 120: 200} {
		if got := niceStep(v); got != want {
			t.Errorf("niceStep(%v) = %v, want %v", v, got, want)
		}
	}
}
