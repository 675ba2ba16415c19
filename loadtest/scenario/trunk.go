package scenario

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"fedge/capture"
	"fedge/loadtest"
	"fedge/lync"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// trunk is one link and the calls on it. Its reader goroutine takes in what
// the target says and lets the calls' time pass; the plan's goroutine adds
// calls. They share the calls under a lock that is held for one message at a
// time: a queue in between would cost a wake-up for each.
type trunk struct {
	crew  *crew
	node  netip.Addr // zero: whichever is next
	tally *loadtest.Tally

	mu     sync.Mutex
	link   *link.Link       // nil while there is none
	why    loadtest.Outcome // what calls come to while there is none, or when ending
	via    string
	calls  map[string]*call // by Call-ID
	timers timers
	ending bool // the run was stopped: hang up, start nothing
}

// crew is what all trunks of a run share; nothing in it changes.
type crew struct {
	edge      *lync.Edge
	domain    string   // of the target
	room      string   // user@domain
	users     []string // who calls, in turn
	ids       *lync.IDs
	offer     *lync.Description // of all calls: nobody sends media
	timers    lync.Timers
	hold      time.Duration
	recording bool // there is a transcript to write
}

// Waits of a trunk.
const (
	glance  = 500 * time.Millisecond // at most, between two looks at the timers
	breath  = time.Second            // before a lost link is dialled again
	farTime = 10 * time.Second       // for one attempt to dial
)

func newTrunk(crew *crew, node netip.Addr, tally *loadtest.Tally) *trunk {
	return &trunk{crew: crew, node: node, tally: tally, why: loadtest.Transport, calls: map[string]*call{}}
}

// dial opens a link, proves it as an Access Edge does, and lets calls use it.
func (t *trunk) dial(ctx context.Context) (*link.Link, error) {
	ctx, cancel := context.WithTimeout(ctx, farTime)
	defer cancel()
	l, err := t.crew.edge.Dial(ctx, t.crew.domain, t.node)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.why = lost(err)
		return nil, err
	}
	t.link, t.via = l, l.LocalAddr().String()
	return l, nil
}

// run serves the link that is up, and another one when that is lost, until ctx
// is done and the trunk is closed.
func (t *trunk) run(ctx context.Context) {
	for l := t.link; l != nil; l = t.redial(ctx) {
		t.down(t.serve(l))
		l.Abort()
	}
}

// close the link, if there is one; its reader then ends. The context of run
// must be done, or it dials another one.
func (t *trunk) close() {
	t.mu.Lock()
	l := t.link
	t.mu.Unlock()
	if l != nil {
		l.Close() //nolint:errcheck // why a link was over, its reader has said
	}
}

// redial until there is a link again; nil when ctx is done first.
func (t *trunk) redial(ctx context.Context) *link.Link {
	timer := time.NewTimer(breath)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		l, err := t.dial(ctx)
		if err == nil && ctx.Err() == nil {
			return l // close sees it if it comes to be called now
		} else if err == nil {
			l.Abort()
			return nil
		}
		t.tally.Exhausted(err)
		timer.Reset(breath)
	}
}

// down fails every call on the link that was lost.
func (t *trunk) down(err error) {
	t.tally.Exhausted(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.link, t.why = nil, lost(err)
	now := time.Now()
	for _, c := range t.calls {
		c.end(t.why)
		t.settle(c, now)
	}
}

// lost says what a call comes to whose link failed like this.
func lost(err error) loadtest.Outcome {
	var frame *raw.FrameError
	var dial *link.DialError
	switch {
	case errors.As(err, &frame):
		return loadtest.Parse
	case errors.As(err, &dial) && dial.Stage == link.Handshake:
		return loadtest.TLS
	}
	return loadtest.Transport
}

// serve reads the link until it is lost, and lets time pass on the way: a read
// deadline is the timer.
func (t *trunk) serve(l *link.Link) error {
	reader := raw.NewReader(l, raw.Limits{})
	var armed time.Time
	for now := time.Now(); ; {
		if want := t.attention(now); armed.Before(now) || want.Before(armed) {
			if err := l.SetReadDeadline(want); err != nil {
				return err
			}
			armed = want
		}
		event, err := reader.NextEvent()
		now = time.Now()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			armed = time.Time{}
		case err != nil:
			return err
		case event.Message != nil:
			t.receive(l, now, event.Message)
		case event.KeepAlive == raw.Ping: // RFC 5626 §3.5.1
			if err := l.Send([]byte("\r\n"), capture.Label{Text: "pong"}); err != nil {
				return err
			}
		}
		t.tick(now)
	}
}

// attention is when the timers want to be looked at next.
func (t *trunk) attention(now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	soon := now.Add(glance)
	if next, ok := t.timers.next(); ok && next.Before(soon) {
		return next
	}
	return soon
}
