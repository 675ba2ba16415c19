package conformance

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
)

// Placing is a call that the node was told to make, and may still be at.
type Placing struct {
	done   chan struct{}
	result Placed
	err    error
}

// Place tells the node to call out; the case meets the call at an Edge of its
// own. What is not over when the case ends is given up.
func (s *Stand) Place(ctx context.Context, call Place) (*Placing, error) {
	place := s.Target.Instruments.Place
	if place == nil {
		return nil, ErrNotThere
	}
	if call.Room == "" {
		call.Room = s.Target.Alias
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Placing{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.result, p.err = place(ctx, call)
	}()
	s.after(func() {
		cancel()
		<-p.done
	})
	return p, nil
}

// Result waits until the call was answered or has failed.
func (p *Placing) Result(ctx context.Context) (Placed, error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTime)
	defer cancel()
	select {
	case <-p.done:
		return p.result, p.err
	case <-ctx.Done():
		return Placed{}, &Mismatch{Class: Silence, Expected: "the end of the call's setup", Actual: fmt.Sprintf("none within %s", acceptTime), Span: acceptTime}
	}
}

// arrives waits for the connection that the call comes by. Where none comes it
// says what was heard of the call instead.
func (p *Placing) arrives(ctx context.Context, at *Edge) (*Peer, error) {
	peer, err := at.Accept(ctx)
	m, ok := AsMismatch(err)
	if !ok {
		return peer, err
	}
	select {
	case <-p.done:
		if p.err != nil {
			m.Actual += "; " + p.err.Error()
		} else {
			m.Actual += fmt.Sprintf("; the trigger says %d: %.200s", p.result.Status, p.result.Body)
		}
	default:
	}
	return nil, m
}

// Variant is a stand before another node of the same world, which ends with
// the case. It shares the case's identifiers and transcript.
func (s *Stand) Variant(ctx context.Context, v Variant) (*Stand, error) {
	start := s.Target.Instruments.Variant
	if start == nil {
		return nil, ErrNotThere
	}
	target, stop, err := start(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("conformance: starting another node: %w", err)
	}
	ended := sync.OnceFunc(func() {
		if err := stop(); err != nil {
			s.Note("ending the other node: %v", err)
		}
	})
	s.after(ended)
	return &Stand{Target: target, ID: s.ID, trial: s.trial, drain: ended}, nil
}

// Drain asks the node of a Variant to go: it takes no new calls from then on,
// and ends when the present ones are over. Drain does not wait for that; the
// case's end does.
func (s *Stand) Drain() error {
	if s.drain == nil {
		return ErrNotThere
	}
	go s.drain() // the end of the case waits: it calls the same once more
	return nil
}

// StopMedia ends the media node at an address, as if its power failed.
func (s *Stand) StopMedia(at netip.Addr) error {
	if s.Target.Instruments.StopMedia == nil {
		return ErrNotThere
	}
	return s.Target.Instruments.StopMedia(at)
}

// Inside reads the node's own figures.
func (s *Stand) Inside(ctx context.Context) (Inside, error) {
	read := s.Target.Instruments.Inside
	if read == nil {
		return nil, ErrNotThere
	}
	return read(ctx)
}
