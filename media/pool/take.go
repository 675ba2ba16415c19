package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fedge/media/session"
	"fedge/mutant"
)

// Take opens a session on the node that Choose puts first, on the next one
// when that fails, and in the overflow locations when the location has none.
// Sessions of one conference that are taken at the same moment land together:
// a place is booked before the node is asked. The ID must not be leased.
//
// The error is a *session.Error: Full when no node could take it, or what a
// node said about the offer itself (Incompatible, Malformed).
func (p *Pool) Take(ctx context.Context, open session.Open, location string) (*Lease, error) {
	var tried []string
	var doubtful []Host
	var last error
	for {
		l, err := p.book(open, location, tried)
		if err != nil {
			return nil, err
		}
		if l == nil {
			p.abandon(ctx, doubtful, open.ID)
			return nil, full(open.Conference, last)
		}
		l.doubtful = doubtful
		err = p.open(ctx, l, open)
		if err == nil {
			return l, nil
		}
		refusal, clear := errors.AsType[*session.Error](err)
		if clear && (refusal.Reason == session.Incompatible || refusal.Reason == session.Malformed) {
			p.abandon(ctx, doubtful, open.ID)
			return nil, refusal // every node would say so
		}
		if !clear {
			doubtful = append(slices.Clip(doubtful), l.host)
		}
		if ctx.Err() != nil {
			p.abandon(ctx, doubtful, open.ID)
			return nil, &session.Error{Reason: session.Full, Detail: "gave up: " + context.Cause(ctx).Error()}
		}
		p.cfg.Log.Warn("media node took no session", "node", l.member.name, "session", open.ID, "err", err)
		tried, last = append(tried, l.member.name), err
		if mutant.On("pool.dead") {
			return nil, full(open.Conference, last)
		}
	}
}

// book finds the best node that was not tried and reserves a place on it. It
// returns nil when there is none.
func (p *Pool) book(open session.Open, location string, tried []string) (*Lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leases[open.ID] != nil {
		return nil, fmt.Errorf("media pool: session %s is leased already: close it first", open.ID)
	}
	m := p.best(open.Conference, location, tried)
	if m == nil {
		return nil, nil
	}
	m.enter(open.Conference)
	l := &Lease{
		pool: p, id: open.ID, conference: open.Conference, member: m, host: m.host,
		ended: make(chan session.Event, 1),
	}
	p.leases[l.id] = l
	return l, nil
}

// Takes tells whether there is a node that Take would ask now.
func (p *Pool) Takes(conference, location string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.best(conference, location, nil) != nil
}

// best is the node for one more session of a conference, but for those that were
// tried; nil when there is none.
func (p *Pool) best(conference, location string, tried []string) *member {
	for _, where := range append([]string{location}, p.cfg.Overflow[location]...) {
		var members []*member
		var candidates []Candidate
		for _, m := range p.nodes {
			if m.alive && m.location == where {
				members = append(members, m)
				candidates = append(candidates, m.candidate(conference))
			}
		}
		order := Choose(candidates, conference)
		next := slices.IndexFunc(order, func(i int) bool { return !slices.Contains(tried, members[i].name) })
		if next >= 0 {
			return members[order[next]]
		}
	}
	return nil
}

// errLost says that a node was declared lost while it was being asked.
var errLost = errors.New("media pool: the node was lost while it was asked")

// open asks the node that was booked; on failure the place is free again.
func (p *Pool) open(ctx context.Context, l *Lease, open session.Open) error {
	asking, cancel := context.WithTimeout(ctx, p.cfg.Patience)
	defer cancel()
	answer, err := l.host.Open(asking, open)

	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.drop(l)
		return err
	}
	if p.leases[l.id] != l { // watch, or the node itself, ended it meanwhile
		return errLost
	}
	l.answer = answer
	return nil
}

// abandon closes a session on nodes that may or may not have opened it.
func (p *Pool) abandon(ctx context.Context, doubtful []Host, id string) {
	if len(doubtful) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Patience)
	defer cancel()
	for _, h := range doubtful {
		if err := h.Close(ctx, session.Close{ID: id}); err != nil {
			p.cfg.Log.Warn("a session may be left on a media node until it times out", "session", id, "err", err)
		}
	}
}

// full is the refusal when no node is left to try.
func full(conference string, last error) *session.Error {
	detail := "no media node has room for " + conference
	if last != nil {
		detail += "; the last one tried said: " + last.Error()
	}
	return &session.Error{Reason: session.Full, Detail: detail}
}
