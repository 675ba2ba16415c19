package conformance

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fedge/sip/raw"
)

// Desk is somebody who sits at an Edge of ours and takes every call that comes,
// over whatever connections the node makes: for cases that are about where calls
// go.
type Desk struct {
	mu      sync.Mutex
	invites []*raw.Message
	times   []time.Time
}

// Desk answers every INVITE at an Edge until the case ends: with 486, or as
// answer does, which sends what it likes. Nobody else may Accept there.
func (s *Stand) Desk(ctx context.Context, e *Edge, answer func(*Peer, *raw.Message) error) *Desk {
	if answer == nil {
		answer = func(p *Peer, invite *raw.Message) error { return p.Respond(invite, 486, "Busy Here", nil) }
	}
	d := &Desk{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var crew sync.WaitGroup
	s.after(func() {
		cancel()
		crew.Wait()
	})
	crew.Go(func() {
		for {
			select {
			case p := <-e.accepted:
				crew.Go(func() { d.attend(ctx, p, answer) })
			case <-ctx.Done():
				return
			}
		}
	})
	return d
}

// attend takes the calls of one connection until it is over.
func (d *Desk) attend(ctx context.Context, p *Peer, answer func(*Peer, *raw.Message) error) {
	defer context.AfterFunc(ctx, p.link.Abort)()
	for {
		invite, err := p.Await(ctx, "INVITE", raw.Request("INVITE"))
		if m, ok := errors.AsType[*Mismatch](err); ok && m.Class == Silence && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return
		}
		d.mu.Lock()
		d.invites, d.times = append(d.invites, invite), append(d.times, time.Now())
		d.mu.Unlock()
		if answer(p, invite) != nil {
			return
		}
	}
}

// Invites are the calls that came, in order.
func (d *Desk) Invites() []*raw.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.invites)
}

// Times are when they came: when we saw them, that is, before they were answered.
func (d *Desk) Times() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.times)
}

// Count is how many calls came.
func (d *Desk) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.invites)
}
