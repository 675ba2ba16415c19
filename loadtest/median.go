package loadtest

import (
	"math"
	"slices"
)

// Estimate is a median and the interval in which it lies.
type Estimate struct {
	Median     float64   `json:"median"`
	Low        float64   `json:"low"`
	High       float64   `json:"high"`
	Confidence float64   `json:"confidence"` // that the true median lies from Low to High
	Rounds     []float64 `json:"rounds"`     // in the order they were measured
}

// wanted confidence of an interval; with fewer than five values there is none
// so good, and the interval is all of them.
const wanted = 0.90

// Median estimates from a few rounds without asking how they are distributed:
// the interval is between two of the values, as far in as the confidence
// allows (a binomial count of the values on either side). Five rounds give
// their minimum and maximum, with 94 %.
func Median(rounds []float64) Estimate {
	n := len(rounds)
	if n == 0 {
		return Estimate{}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	e := Estimate{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Rounds: slices.Clone(rounds)}
	var left float64 // that at most k of n values lie below the median
	for k := 0; k <= (n-1)/2; k++ {
		left += choose(n, k) * math.Pow(0.5, float64(n))
		if confidence := max(1-2*left, 0); k == 0 || confidence >= wanted {
			e.Low, e.High, e.Confidence = sorted[k], sorted[n-1-k], confidence
		}
	}
	return e
}

func choose(n, k int) float64 {
	c := 1.0
	for i := range k {
		c = c * float64(n-i) / float64(i+1)
	}
	return c
}
