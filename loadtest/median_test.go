package loadtest

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		name                          string
		rounds                        []float64
		median, low, high, confidence float64
	}{
		{"none", nil, 0, 0, 0, 0},
		{"one says nothing of itself", []float64{3}, 3, 3, 3, 0},
		{"two", []float64{4, 2}, 3, 2, 4, 0.5},
		{"five: all of them", []float64{5, 1, 3, 2, 4}, 3, 1, 5, 0.9375},
		{"seven: all of them", []float64{7, 1, 2, 3, 4, 5, 6}, 4, 1, 7, 0.984375},
		{"eight: one less at either end", []float64{8, 1, 2, 3, 4, 5, 6, 7}, 4.5, 2, 7, 0.9296875},
		{"an outlier does not move the median", []float64{1, 1, 1, 1, 1000}, 1, 1, 1000, 0.9375},
	} {
		e := Median(tt.rounds)
		if e.Median != tt.median || e.Low != tt.low || e.High != tt.high || math.Abs(e.Confidence-tt.confidence) > 1e-9 {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}
