package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fedge/loadtest"
	"fedge/lync"
	"fedge/result"
	"fedge/sip/link"
)

// mostMeasured is how many calls' media a result lists.
const mostMeasured = 256

// talk makes the calls with real media, each on a goroutine: a few at once.
func (c *Config) talk(ctx context.Context, trial *loadtest.Trial) (result.Load, error) {
	org, err := lync.Start(ctx, c.Org)
	if err != nil {
		return result.Load{}, fmt.Errorf("scenario: starting the organisation: %w", err)
	}
	defer org.Stop()
	tally := trial.Tally()
	var calls sync.WaitGroup
	var mu sync.Mutex
	var media []result.Media
	load := trial.Run(ctx, func(s loadtest.Start) bool {
		calls.Go(func() {
			heard := c.conversation(ctx, org, tally, s)
			mu.Lock()
			defer mu.Unlock()
			media = append(media, heard[:min(len(heard), mostMeasured-len(media))]...)
		})
		return true
	})
	calls.Wait()
	load.Media = media
	return load, nil
}

// tone is a frequency for the n-th call, so that calls which are up together
// can be told apart: off the harmonics of each other and of 50 Hz.
func tone(n int64) float64 { return 437 + 61*float64(n%24) }

// conversation is one call from its start to its end, and what was heard.
func (c *Config) conversation(ctx context.Context, org *lync.Org, tally *loadtest.Tally, s loadtest.Start) []result.Media {
	spec := lync.CallSpec{
		From: fmt.Sprintf("load%03d", s.N%callers),
		To:   c.Room,
		Tone: tone(s.N),
	}
	apart := int64(1) // to the next call on the same node: a room is on one
	if nodes := int64(len(c.Nodes)); nodes > 0 {
		spec.Node, apart = c.Nodes[s.N%nodes], nodes
	}
	spec.Expect = []float64{tone(s.N + apart)}
	if s.N >= apart {
		spec.Expect = append(spec.Expect, tone(s.N-apart))
	}
	began := time.Now()
	tally.Began(began)
	call, err := org.Call(ctx, spec)
	now := time.Now()
	if err != nil {
		tally.Exhausted(err)
		tally.Ended(unplaced(ctx, err), began, now)
		return nil
	}
	outcome := tally.Established(s.Due, began, now, now)
	timer := time.NewTimer(c.Scenario.Hold)
	defer timer.Stop()
	if c.meets(s.N, apart) && !hears(ctx, call, tone(s.N-apart)) {
		outcome = loadtest.Assertion // nobody mixes what the neighbour says
	}
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-call.Ended():
		outcome = loadtest.Assertion // the target hung up on a call that was to be held
	}
	bye := time.Now()
	hanging, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout())
	defer cancel()
	if err := call.Hangup(hanging); err != nil && outcome == loadtest.OK {
		outcome = loadtest.Timeout
	} else if outcome == loadtest.OK {
		tally.Disconnected(time.Since(bye))
	}
	heard := call.Quality()
	if outcome == loadtest.OK && c.Scenario.Hold >= time.Second && silent(heard) {
		outcome = loadtest.Assertion
	}
	tally.Ended(outcome, began, time.Now())
	return heard
}

// What a caller must hear of the one before it on the same node, and for how
// long the two must be up together so that it can be told.
const (
	heardDecibel = 20
	together     = 1 * time.Second
	stretch      = 400 * time.Millisecond
)

// meets tells whether the call before the n-th on its node is still up, and for
// long enough. Only a constant rate says so beforehand.
func (c *Config) meets(n, apart int64) bool {
	since := time.Duration(float64(apart) / c.Scenario.Rate * float64(time.Second))
	return n >= apart && c.Scenario.Arrival == loadtest.Constant && c.Scenario.Hold >= since+together
}

// hears listens for a tone; a late packet makes noise in one stretch, a mute
// mixer is silent in both.
func hears(ctx context.Context, call *lync.Call, hz float64) bool {
	for range 2 {
		heard, err := call.Listen(ctx, stretch, hz)
		if err != nil {
			return ctx.Err() != nil // interrupted is no verdict; an ended call has its own
		}
		if heard.Tones[hz] >= heardDecibel {
			return true
		}
	}
	return false
}

// silent tells whether nothing came back at all.
func silent(heard []result.Media) bool {
	for _, m := range heard {
		if m.PacketsGot > 0 {
			return false
		}
	}
	return true
}

// unplaced says what a call came to that was not answered with success.
func unplaced(ctx context.Context, err error) loadtest.Outcome {
	var refused *lync.RefusedError
	var dial *link.DialError
	var diagnostic *lync.Diagnostic
	switch {
	case errors.As(err, &refused):
		return loadtest.Answered(refused.Status)
	case errors.As(err, &dial), errors.Is(err, lync.ErrLinkLost):
		return lost(err)
	case errors.As(err, &diagnostic):
		return loadtest.TLS // not proved, or not found: no packet of SIP was sent
	case ctx.Err() != nil:
		return loadtest.Cancelled
	}
	return loadtest.Timeout
}
