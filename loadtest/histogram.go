package loadtest

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"fedge/result"
)

// The range and precision of every latency histogram, microseconds.
const (
	shortest  = 1
	longest   = 120_000_000
	precision = 3 // significant digits
)

// Histogram of latencies, 1 µs to 120 s, three digits. Values outside are
// counted at the end they lie beyond. Not for use by several goroutines.
type Histogram struct {
	hdr *hdrhistogram.Histogram
}

// NewHistogram is empty. It takes about 150 kB.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(shortest, longest, precision)}
}

// Record counts one latency.
func (h *Histogram) Record(d time.Duration) {
	// In range, so there is no error to look at.
	_ = h.hdr.RecordValue(min(max(d.Microseconds(), shortest), longest))
}

// Merge adds what another histogram counted.
func (h *Histogram) Merge(other *Histogram) { h.hdr.Merge(other.hdr) }

// Reset forgets everything.
func (h *Histogram) Reset() { h.hdr.Reset() }

// Count is how many latencies were recorded.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() }

// Max is the largest; 0 when empty.
func (h *Histogram) Max() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.hdr.Max()) * time.Microsecond
}

// Quantile is the value below which the fraction q lies, however few the
// values: detectors want it, figures want Percentile. 0 when empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.hdr.ValueAtPercentile(q*100)) * time.Microsecond
}

// Percentile is Quantile in seconds where the sample supports it, else nil.
// It takes ten values beyond a percentile to say where it lies: p99 wants
// 1,000 and p99.9 wants 10,000.
func (h *Histogram) Percentile(q float64) *float64 {
	if float64(h.Count())*(1-q) < 10-1e-6 {
		return nil
	}
	return new(h.Quantile(q).Seconds())
}

// Percentiles is the histogram as it is reported.
func (h *Histogram) Percentiles() result.Percentiles {
	p := result.Percentiles{
		P50:  h.Percentile(0.50),
		P90:  h.Percentile(0.90),
		P95:  h.Percentile(0.95),
		P99:  h.Percentile(0.99),
		P999: h.Percentile(0.999),
		N:    h.Count(),
	}
	if p.N > 0 {
		p.Max = new(h.Max().Seconds())
	}
	return p
}
