package edge

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"fedge/dns"
	"fedge/metrics"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
)

// trunk names a link by who was proved to be at its other end. domain is set
// only when the certificate proved the SIP domain and not the host: such a
// link serves no other domain that may live on the same host.
type trunk struct {
	host   string
	domain string
	addr   netip.AddrPort

	// foreign: the host lies outside the domain, so that whoever runs it proves
	// nothing about the domain by its own name (RFC 5922 §7.1).
	foreign bool
}

func (t trunk) target() target { return target{t.host, t.addr} }

// trunks are the links that we dialled. Calls to the same verified host at the
// same address share one, and those who ask at the same time one handshake.
type trunks struct {
	dial func(context.Context, trunk) (*link.Link, error)

	mu     sync.Mutex
	open   map[trunk]*link.Link
	making map[trunk]*attempt

	redials   map[string]*redial    // under way, by host
	redialled map[*link.Link]string // the sites of links that they brought
}

// maxTrunks bounds the links we hold open. What peers name in their route sets
// has a part of them, and the hosts of one site a part of that.
const (
	maxTrunks      = 1024
	maxRedials     = maxTrunks / 4
	maxSiteRedials = 16
)

// attempt is a handshake under way.
type attempt struct {
	ready chan struct{} // closed once link and err are there
	link  *link.Link
	err   error
}

var (
	errClosed        = errors.New("edge: the node has shut down")
	errHostBusy      = errors.New("edge: another port of this host is being dialled")
	errTooManyTrunks = errors.New("edge: too many links are open to other hosts")
)

func newTrunks(dial func(context.Context, trunk) (*link.Link, error)) *trunks {
	return &trunks{
		dial: dial, open: make(map[trunk]*link.Link), making: make(map[trunk]*attempt), redials: make(map[string]*redial), redialled: make(map[*link.Link]string),
	}
}

// get returns a link proved for the trunk's names, an open one if there is any.
// fresh tells that it was not used before.
func (t *trunks) get(ctx context.Context, want trunk) (l *link.Link, fresh bool, err error) {
	for {
		l, making, mine, err := t.enter(want)
		if l != nil || err != nil {
			return l, false, err
		}
		if mine {
			l, err := t.make(ctx, want, making)
			return l, true, err
		}
		select {
		case <-making.ready:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
		// Whoever dialled gave up; that says nothing about the address.
		if errors.Is(making.err, context.Canceled) && ctx.Err() == nil {
			continue
		}
		return making.link, true, making.err
	}
}

// make dials, and tells those who wait what came of it, be it a panic.
func (t *trunks) make(ctx context.Context, want trunk, making *attempt) (l *link.Link, err error) {
	err = errPanicked
	defer func() { t.finish(want, making, l, err) }()
	return t.dial(ctx, want)
}

func (t *trunks) enter(want trunk) (open *link.Link, making *attempt, mine bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range []trunk{{host: want.host, addr: want.addr}, want} {
		if want.foreign && name.domain == "" || mutant.On("con.no-reuse") {
			continue
		}
		if l := t.open[name]; l != nil && l.Err() == nil {
			return l, nil, false, nil
		}
	}
	if l := t.tempting(want); l != nil {
		return l, nil, false, nil
	}
	if making := t.making[want]; making != nil {
		return nil, making, false, nil
	}
	if len(t.open)+len(t.making) >= maxTrunks {
		return nil, nil, false, errTooManyTrunks
	}
	making = &attempt{ready: make(chan struct{})}
	t.making[want] = making
	return nil, making, true, nil
}

func (t *trunks) finish(want trunk, making *attempt, l *link.Link, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	making.link, making.err = l, err
	delete(t.making, want)
	if err == nil {
		t.open[provedFor(want, l)] = l
		t.tempt(l, "")
	}
	close(making.ready)
}

// provedFor drops the domain from a trunk whose host is proved: it serves all.
func provedFor(want trunk, l *link.Link) trunk {
	chain := l.Peer().Chain
	if want.foreign {
		return want
	}
	if len(chain) == 0 || certifies(chain[0], want.host) {
		want.domain = ""
	}
	return want
}

// gone forgets a link that has ended.
func (t *trunks) gone(l *link.Link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.redialled, l)
	for name, open := range t.open {
		if open == l {
			delete(t.open, name)
		}
	}
}

// dial opens a link to a verified host and has it read from then on.
func (e *Edge) dial(ctx context.Context, want trunk) (*link.Link, error) {
	// Shorter only in a lab, and never as short as a busy machine needs for a
	// handshake.
	budget := max(2*time.Second, e.config.Timers.Seconds(int(connectBudget/time.Second)))
	if mutant.On("dns.no-connect-timeout") {
		budget = time.Hour
	}
	ctx, stop := context.WithTimeout(ctx, budget)
	defer stop()
	proofs := []string{want.host, want.domain}
	if mutant.On("tls.out-host-only") {
		proofs = proofs[:1]
	}
	if want.foreign {
		proofs = []string{want.domain}
	}
	l, err := link.Dial(ctx, e.linkConfig(e.credentials().client(want.host, proofs...)), sni(want), want.addr, e.config.Dial)
	if err != nil {
		stage := unconnected(err).Stage
		if stage == StageTLS && mutant.On("sips.plain") {
			inClear(want)
		}
		if stage == StageTLS {
			e.config.Metrics.Handshake(metrics.Outbound, "failed", 0)
		}
		e.config.Metrics.LinkRefused(metrics.Outbound, string(stage))
		return nil, err
	}
	read := func() {
		defer l.Close()
		defer e.trunks.gone(l)
		defer e.keepAlive(l)()
		e.attend(e.life, l)
	}
	if !e.crew.start(read) {
		l.Close()
		return nil, errClosed
	}
	return l, nil
}

// redial is a search for a host that a peer's route set names. There is one for
// a host at a time: a peer that names a thousand ports has one dialled.
type redial struct {
	attempt
	port int
	left bool // whoever searched gave up; that says nothing about the host
}

// redial finds a link for an in-dialog request whose own link is gone: to an
// address of the next hop's name, proved for that name. An IP literal proves
// nothing and is refused.
func (e *Edge) redial(ctx context.Context, host string, port int) (*link.Link, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil, fmt.Errorf("edge: the next hop is the address %s: no certificate proves who is there", host)
	}
	host = dns.Canonical(host)
	if err := e.trust.livesAt(host); err != nil {
		return nil, fmt.Errorf("edge: the next hop %s: %w", host, err)
	}
	if port == 0 {
		port = plan.Port
	}
	for {
		l, r, mine, err := e.trunks.enterRedial(host, port)
		if l != nil || err != nil {
			return l, err
		}
		if mine {
			return e.seek(ctx, host, r)
		}
		select {
		case <-r.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if r.left && ctx.Err() == nil {
			continue
		}
		return r.link, r.err
	}
}

// enterRedial finds an open link to a host, or the search for one, or begins it.
func (t *trunks) enterRedial(host string, port int) (open *link.Link, r *redial, mine bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, l := range t.open {
		if name.host == host && name.domain == "" && int(name.addr.Port()) == port && l.Err() == nil && !mutant.On("con.no-reuse") {
			return l, nil, false, nil
		}
	}
	if r := t.redials[host]; r != nil {
		if r.port != port {
			return nil, nil, false, errHostBusy
		}
		return nil, r, false, nil
	}
	total, sites := len(t.redials)+len(t.redialled), 0
	for other := range t.redials {
		if site(other) == site(host) {
			sites++
		}
	}
	for _, other := range t.redialled {
		if other == site(host) {
			sites++
		}
	}
	if total >= maxRedials || sites >= maxSiteRedials {
		return nil, nil, false, errTooManyTrunks
	}
	r = &redial{attempt: attempt{ready: make(chan struct{})}, port: port}
	t.redials[host] = r
	return nil, r, true, nil
}

// found ends a search and tells those who wait what came of it.
func (t *trunks) found(host string, r *redial, l *link.Link, fresh bool, err error, left bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.link, r.err, r.left = l, err, left && err != nil
	delete(t.redials, host)
	if fresh && err == nil && l.Err() == nil {
		t.redialled[l] = site(host)
	}
	close(r.ready)
}
