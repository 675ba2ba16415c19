package loadtest

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestPlanCheck(t *testing.T) {
	good := Plan{Rate: 10, Duration: time.Second}
	for _, tt := range []struct {
		name string
		edit func(*Plan)
		ok   bool
	}{
		{"as it is", func(*Plan) {}, true},
		{"constant", func(p *Plan) { p.Arrival = Constant }, true},
		{"slow", func(p *Plan) { p.Rate = 0.001 }, true},
		{"no rate", func(p *Plan) { p.Rate = 0 }, false},
		{"rate below zero", func(p *Plan) { p.Rate = -1 }, false},
		{"rate that is none", func(p *Plan) { p.Rate = math.NaN() }, false},
		{"rate without end", func(p *Plan) { p.Rate = math.Inf(1) }, false},
		{"no duration", func(p *Plan) { p.Duration = 0 }, false},
		{"an arrival nobody knows", func(p *Plan) { p.Arrival = "burst" }, false},
	} {
		p := good
		tt.edit(&p)
		if err := p.Check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestConstantStartsLieOnAGrid(t *testing.T) {
	got := slices.Collect(Plan{Rate: 4, Duration: time.Second, Arrival: Constant}.Starts())
	want := []time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// A grid that does not fit nanoseconds must not drift: start n is computed
	// from the beginning.
	last := time.Duration(0)
	for due := range (Plan{Rate: 3, Duration: time.Hour, Arrival: Constant}).Starts() {
		last = due
	}
	if want := time.Hour - time.Second/3; (last - want).Abs() > time.Microsecond {
		t.Errorf("the last start of an hour is at %v, want %v", last, want)
	}
}

func TestPoissonStartsAreSeededAndIndependent(t *testing.T) {
	plan := Plan{Rate: 200, Duration: 100 * time.Second, Seed: 7}
	first, second := slices.Collect(plan.Starts()), slices.Collect(plan.Starts())
	if !slices.Equal(first, second) {
		t.Error("the same seed gave two plans")
	}
	plan.Seed = 8
	if slices.Equal(first, slices.Collect(plan.Starts())) {
		t.Error("two seeds gave the same plan")
	}
	// 20,000 starts, of which the standard deviation is 141.
	if n := float64(len(first)); math.Abs(n-20_000) > 5*math.Sqrt(20_000) {
		t.Errorf("%v starts, want about 20,000", n)
	}
	if int64(len(first)) != (Plan{Rate: 200, Duration: 100 * time.Second, Seed: 7}).Count() {
		t.Error("Count disagrees with Starts")
	}
	// Exponential intervals: the variance is the mean squared.
	var sum, squares float64
	for i := 1; i < len(first); i++ {
		gap := (first[i] - first[i-1]).Seconds()
		if gap < 0 {
			t.Fatal("a start is planned before the one before it")
		}
		sum += gap
		squares += gap * gap
	}
	n := float64(len(first) - 1)
	mean := sum / n
	if variation := math.Sqrt(squares/n-mean*mean) / mean; math.Abs(variation-1) > 0.05 {
		t.Errorf("the intervals' coefficient of variation is %.3f, want about 1", variation)
	}
}
