package lync

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"sync"
	"time"

	"fedge/capture"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// trunks are the links that the Edge dialled: one to each address of a partner.
type trunks struct {
	mu sync.Mutex
	to map[trunkKey]*trunk
}

type trunkKey struct {
	target string
	addr   netip.AddrPort
}

type trunk struct {
	mu   sync.Mutex // held while dialling
	link *link.Link
}

// get is the place for one link; there are as many as partners have addresses.
func (t *trunks) get(k trunkKey) *trunk {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to == nil {
		t.to = make(map[trunkKey]*trunk)
	}
	if t.to[k] == nil {
		t.to[k] = new(trunk)
	}
	return t.to[k]
}

// trunk is a live link to a partner: the one that is up, or a fresh one.
func (o *Org) trunk(ctx context.Context, domain string, node netip.Addr) (l *link.Link, fresh bool, err error) {
	p, err := o.edge.Locate(ctx, domain)
	if err != nil {
		return nil, false, err
	}
	var last error
	for _, addr := range o.edge.order(p, node) {
		l, fresh, err := o.reuse(ctx, p, addr)
		if err == nil {
			return l, fresh, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, false, last
}

func (o *Org) reuse(ctx context.Context, p Partner, addr netip.Addr) (l *link.Link, fresh bool, err error) {
	t := o.trunks.get(trunkKey{p.Target, netip.AddrPortFrom(addr, p.Port)})
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.link != nil {
		select {
		case <-t.link.Done():
		default:
			return t.link, false, nil
		}
	}
	if l, err = o.edge.connect(ctx, p, addr); err != nil {
		return nil, false, err
	}
	if !o.spawn(func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		o.serve(ctx, l)
		l.Close()
	}) {
		l.Close()
		return nil, false, errStopped
	}
	t.link = l
	return l, true, nil
}

// maxBody is more than any description takes.
const maxBody = 64 << 10

// serve reads one link until it is over: framing, then to the call it belongs to.
// A peer that goes on and on about nothing is cut off.
func (o *Org) serve(ctx context.Context, l *link.Link) {
	r := raw.NewReader(l, raw.Limits{Body: maxBody})
	var idle flood
	for {
		e, err := r.NextEvent()
		if err != nil {
			o.linkOver(ctx, l, err)
			return
		}
		used, size := false, len("\r\n\r\n")
		if e.KeepAlive == raw.Ping { // RFC 5626 §3.5.1
			l.Received([]byte("\r\n\r\n"), capture.Label{Text: "ping"})
			l.Send([]byte("\r\n"), capture.Label{Text: "pong"})
		}
		if e.Message != nil {
			size = len(e.Message.Bytes)
			l.Received(e.Message.Bytes, label(e.Message))
			used = o.route(l, e.Message)
		}
		if used {
			continue
		}
		if err := idle.more(time.Now(), size, "that belong to no call"); err != nil {
			l.Cut(err)
		}
	}
}

func label(m *raw.Message) capture.Label {
	return capture.Label{Text: m.Label(), CallID: m.CallID(), CSeq: m.Get("CSeq")}
}

// linkOver says why nothing more will be read, and ends the link.
func (o *Org) linkOver(ctx context.Context, l *link.Link, err error) {
	var frame *raw.FrameError
	var cut *Flood
	switch {
	case errors.As(err, &cut):
		o.cfg.Log.Warn("link cut off", "domain", o.cfg.Domain, "peer", l.Remote(), "err", err)
	case ctx.Err() != nil, errors.Is(err, io.EOF), errors.Is(err, link.ErrClosed):
	case errors.As(err, &frame):
		o.journal.surprise(time.Now(), l.Remote(), err.Error(), frame.Bytes)
	default:
		o.cfg.Log.Info("link lost", "domain", o.cfg.Domain, "peer", l.Remote(), "err", err)
	}
	o.fates.note(l.ID(), err)
	l.Close()
}

// fates remembers what the last links ended with: their calls learn of the end
// from the link itself, which only knows that we closed it.
type fates struct {
	mu   sync.Mutex
	last [64]struct {
		link uint64
		err  error
	}
	next int
}

func (f *fates) note(link uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[f.next].link, f.last[f.next].err = link, err
	f.next = (f.next + 1) % len(f.last)
}

func (f *fates) of(link uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.last {
		if e.link == link {
			return e.err
		}
	}
	return nil
}

// route hands a message to its call, or answers it for the Edge; false when it
// was of no use to either.
func (o *Org) route(l *link.Link, m *raw.Message) bool {
	c, over := o.find(m.CallID())
	switch {
	case c != nil && !c.with(l):
		o.journal.surprise(time.Now(), l.Remote(), "a message of a call from a peer it does not belong to", m.Bytes)
		if m.IsRequest() && m.Method() != "ACK" {
			o.reply(l, m, 481, "Call Leg/Transaction Does Not Exist")
		}
	case c != nil:
		c.deliver(l, m)
		return true
	case !m.IsRequest():
		if !over {
			o.journal.surprise(time.Now(), l.Remote(), "a response to nothing we asked", m.Bytes)
		}
	case m.Method() == "INVITE" && m.Tag("To") == "":
		return o.invited(l, m)
	case m.Method() == "ACK": // of a refusal the Edge made, or of a call that is over
	case m.Method() == "OPTIONS" && m.Tag("To") == "":
		o.reply(l, m, 200, "OK")
	default:
		if !over {
			o.journal.surprise(time.Now(), l.Remote(), "a request outside of any call", m.Bytes)
		}
		if m.Tag("To") != "" || m.Method() == "CANCEL" {
			o.reply(l, m, 481, "Call Leg/Transaction Does Not Exist")
		} else {
			o.reply(l, m, 405, "Method Not Allowed")
		}
	}
	return false
}

// reply answers in the Edge's own name.
func (o *Org) reply(l *link.Link, m *raw.Message, status int, reason string) {
	b := raw.Respond(m, status, reason, o.ids.Next().Tag()).Length().Header("Server", o.edge.profile.edge.server)
	method := m.Method()
	l.Send(b.Bytes(), capture.Label{Text: statusText(status, method), CallID: m.CallID(), CSeq: m.Get("CSeq")})
}
