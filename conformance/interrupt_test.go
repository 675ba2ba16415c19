package conformance

import (
	"context"
	"errors"
	"net"
	"testing"

	"fedge/result"
)

// TestInterrupted: a case that is cut short comes to nothing, whatever the
// interrupt did to it, and is not reported as it goes by.
func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	if r := Run(ctx, Config{Dial: func(context.Context, string, string) (net.Conn, error) {
		interrupt()
		return nil, errors.New("operation was canceled")
	}}); r.Verdict != result.Aborted || r.Unreached {
		t.Errorf("before the first case: verdict %s, unreached %t", r.Verdict, r.Unreached)
	}
	ctx, interrupt = context.WithCancel(t.Context())
	defer interrupt()
	told := 0
	r := Run(ctx, Config{
		Cases: []Case{{ID: "CON-001"}, {ID: "CON-002"}}, Parallel: 1, Repeat: 3, Anyway: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			interrupt()
			return nil, errors.New("operation was canceled")
		},
		Progress: func(result.Case) { told++ },
	})
	if r.Verdict != result.Aborted || r.Counts[result.CaseSkipped] != 2 || told > 0 {
		t.Errorf("verdict %s, counts %v, %d told", r.Verdict, r.Counts, told)
	}
}
