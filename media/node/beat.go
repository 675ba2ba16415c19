package node

import (
	"context"
	"time"

	"fedge/media/conference"
	"fedge/media/session"
)

// backlog is how many ticks the clock makes up for after a stall; what is
// beyond is left out, or everybody would hear it as delay.
const backlog = 5

// clock drives all conferences, one tick every 20 ms.
func (n *Node) clock(ctx context.Context) {
	ticker := time.NewTicker(conference.Tick)
	defer ticker.Stop()
	due := time.Now().Add(conference.Tick)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		ticks := int(now.Sub(due)/conference.Tick) + 1
		if now.Before(due) {
			ticks = 0 // the ticker runs a little ahead of the plan
		}
		due = due.Add(time.Duration(ticks) * conference.Tick)
		for _, r := range n.list() {
			r.run(now, ticks)
		}
	}
}

// list is a snapshot of the rooms.
func (n *Node) list() []*room {
	n.mu.Lock()
	defer n.mu.Unlock()
	rooms := make([]*room, 0, len(n.rooms))
	for _, r := range n.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// beat publishes the node's load and ends silent sessions. When ctx is done it
// closes the node.
func (n *Node) beat(ctx context.Context) {
	ticker := time.NewTicker(session.Beat)
	defer ticker.Stop()
	defer n.shut()
	for {
		if n.cfg.Publish != nil {
			n.cfg.Publish(n.Load())
		}
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			n.endSilent(now)
		}
	}
}

// endSilent ends the sessions whose far end fell silent.
func (n *Node) endSilent(now time.Time) {
	if n.cfg.Silence == 0 {
		return
	}
	var silent []*participant
	for _, r := range n.list() {
		silent = append(silent, r.silent(now, n.cfg.Silence)...)
	}
	for _, p := range silent {
		p.mu.Lock()
		gone := p.closed
		p.leave(false)
		p.mu.Unlock()
		if gone {
			continue
		}
		n.cfg.Log.Warn("a session fell silent", "session", p.id, "for", n.cfg.Silence)
		if n.cfg.Event != nil {
			n.cfg.Event(session.Event{ID: p.id, Node: n.cfg.Name, Reason: session.Silent})
		}
	}
}
