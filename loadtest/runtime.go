package loadtest

import (
	"math"
	"runtime/metrics"
)

// goRuntime is what Go's runtime tells about itself at one moment.
type goRuntime struct {
	gc, used float64 // CPU seconds, brought up to date by each collection
	waits    *metrics.Float64Histogram
}

func readRuntime() goRuntime {
	samples := []metrics.Sample{
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"},
		{Name: "/sched/latencies:seconds"},
	}
	metrics.Read(samples)
	return goRuntime{
		gc:    samples[0].Value.Float64(),
		used:  samples[1].Value.Float64() - samples[2].Value.Float64(),
		waits: samples[3].Value.Float64Histogram(),
	}
}

// enoughCPU is how many seconds of CPU a share must be of to say anything.
const enoughCPU = 0.5

// gcShare of the CPU used since before; nil when too little was.
func (r goRuntime) gcShare(before goRuntime) *float64 {
	used := r.used - before.used
	if used < enoughCPU {
		return nil
	}
	return new((r.gc - before.gc) / used)
}

// waitP99 is the 99th percentile of how long goroutines that could run waited
// since before, seconds; nil when none did.
func (r goRuntime) waitP99(before goRuntime) *float64 {
	return histogramQuantile(r.waits, before.waits, 0.99)
}

// histogramQuantile is the upper edge of the bucket that the quantile of the
// difference of two cumulative histograms lies in.
func histogramQuantile(after, before *metrics.Float64Histogram, q float64) *float64 {
	if after == nil || before == nil || len(after.Counts) != len(before.Counts) {
		return nil
	}
	var total uint64
	for i, n := range after.Counts {
		total += n - before.Counts[i]
	}
	if total == 0 {
		return nil
	}
	rank := uint64(math.Ceil(q * float64(total)))
	var seen uint64
	for i, n := range after.Counts {
		if seen += n - before.Counts[i]; seen >= rank {
			edge := after.Buckets[i+1]
			if math.IsInf(edge, 1) {
				edge = after.Buckets[i]
			}
			return new(edge)
		}
	}
	return nil
}
