package loadtest

import (
	"fmt"
	"net"
	"os"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"
)

func TestParseProcess(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       time.Duration
		ok         bool
	}{
		{"plain", "42 (edge) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1", 2 * time.Second, true},
		{"a name with a bracket and spaces", "42 (a ) S 9 9) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20", 30 * time.Millisecond, true},
		{"children do not count", "42 (x) S 1 42 42 0 -1 0 0 0 0 0 0 0 77 77 20", 0, true},
		{"cut short", "42 (x) S 1 42 42", 0, false},
		{"no name", "42 x S", 0, false},
		{"no number", "42 (x) S 1 42 42 0 -1 0 0 0 0 0 a 0 0 0 20", 0, false},
		{"empty", "", 0, false},
	} {
		got, err := parseProcess([]byte(tt.line))
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestParseMachine(t *testing.T) {
	got, err := parseMachine([]byte("cpu  100 1 50 800 20 3 4 22 7 8\ncpu0 1 1 1 1 1 1 1 1 0 0\n"))
	if want := (machine{busy: 158, steal: 22, total: 1000}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x"} {
		if _, err := parseMachine([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseProc(f *testing.F) {
	f.Add([]byte("42 (edge) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20"))
	f.Add([]byte("cpu  100 1 50 800 20 3 4 22 7 8\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = parseProcess(data)
		_, _ = parseMachine(data)
	})
}

func TestOutOfResources(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{syscall.ECONNREFUSED, false},
		{fmt.Errorf("dialling: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}), true},
		{fmt.Errorf("dialling: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)}), true},
	} {
		if got := OutOfResources(tt.err); got != tt.want {
			t.Errorf("%v: %t", tt.err, got)
		}
	}
}

func TestHistogramQuantile(t *testing.T) {
	edges := []float64{0, 1, 2, 3, 4}
	before := &metrics.Float64Histogram{Counts: []uint64{5, 5, 5, 5}, Buckets: edges}
	after := &metrics.Float64Histogram{Counts: []uint64{105, 5, 5, 7}, Buckets: edges}
	for _, tt := range []struct{ q, want float64 }{{0.5, 1}, {0.98, 1}, {0.99, 4}, {1, 4}} {
		if got := histogramQuantile(after, before, tt.q); got == nil || *got != tt.want {
			t.Errorf("quantile %v: %v, want %v", tt.q, got, tt.want)
		}
	}
	if got := histogramQuantile(before, before, 0.5); got != nil {
		t.Errorf("nothing happened, and its median is %v", *got)
	}
}

// TestRuntimeIsReadable: the names of the runtime's metrics are right.
func TestRuntimeIsReadable(t *testing.T) {
	if r := readRuntime(); r.waits == nil || r.used < 0 {
		t.Errorf("%+v", r)
	}
}
