package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"fedge/lync"
	"fedge/result"
)

// What a meeting must sound like: every other's tone this far over the noise,
// and one's own this far below the others' (N-1: no echo).
const (
	HeardDecibel = 20
	EchoDecibel  = -40
)

// Meeting lets users of one partner meet in a room, each with a tone of its
// own, and judges what each of them hears: all others, and not itself. The calls
// are over when it returns; results are in the order of the callers.
func Meeting(ctx context.Context, org *lync.Org, callers []lync.CallSpec, listen time.Duration) ([]result.Call, error) {
	for i := range callers {
		for j := range callers {
			if j != i {
				callers[i].Expect = append(callers[i].Expect, callers[j].Tone)
			}
		}
	}
	var (
		calls   []*lync.Call
		results []result.Call
	)
	defer func() {
		for _, call := range calls {
			call.Hangup(context.WithoutCancel(ctx)) // after a failure: those that are up
		}
	}()
	for _, spec := range callers {
		call, err := org.Call(ctx, spec)
		if err != nil {
			return results, fmt.Errorf("lab: %s calling %s: %w", spec.From, spec.To, err)
		}
		calls = append(calls, call)
		results = append(results, Record(spec.From+" in the meeting", call, spec))
	}
	heard := make([]error, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() { heard[i] = Hear(ctx, call, listen, callers[i].Expect...) })
	}
	all.Wait()
	for i, call := range calls {
		err := errors.Join(heard[i], call.Hangup(ctx))
		Finish(&results[i], call)
		if err != nil {
			results[i].Verdict, results[i].Detail = result.Fail, err.Error()
		}
	}
	calls = nil
	return results, nil
}

// stretches bounds how often a caller listens again: a late packet on a busy
// machine makes noise in one stretch, an echo or a missing voice is in all.
const stretches = 4

// Hear says whether a caller hears these tones, and not its own, within a few
// stretches of listening.
func Hear(ctx context.Context, call *lync.Call, listen time.Duration, tones ...float64) (err error) {
	for range stretches {
		var heard lync.Heard
		if heard, err = call.Listen(ctx, listen, tones...); err != nil {
			return err
		}
		if err = judgeTones(heard); err == nil {
			return nil
		}
	}
	return err
}

// judgeTones holds what was heard against what a meeting must sound like.
func judgeTones(h lync.Heard) error {
	loudest := math.Inf(-1)
	var errs []error
	for tone, level := range h.Tones {
		loudest = max(loudest, level)
		if !(level >= HeardDecibel) {
			errs = append(errs, fmt.Errorf("%.0f Hz is %.1f dB over the noise, not %d", tone, level, HeardDecibel))
		}
	}
	if !math.IsNaN(h.Own) && h.Own-loudest > EchoDecibel {
		errs = append(errs, fmt.Errorf("its own tone comes back %.1f dB below the others', not %d", loudest-h.Own, -EchoDecibel))
	}
	return errors.Join(errs...)
}
