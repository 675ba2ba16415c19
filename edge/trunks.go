package edge

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"fedge/metrics"
	"fedge/mutant"
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
	redialled map[*link.Link]string // links that they brought, and whose peers' dialogs asked
	held      map[string]int        // both, by owner
}

// maxTrunks bounds the links we hold open. What peers name in their route sets
// has a part of them, and the peers of one owner a part of that.
const (
	maxTrunks       = 1024
	maxRedials      = maxTrunks / 4
	maxOwnerRedials = 16
)

// attempt is a handshake under way.
type attempt = flight[*link.Link]

var (
	errClosed        = errors.New("edge: the node has shut down")
	errHostBusy      = errors.New("edge: another port of this host is being dialled")
	errTooManyTrunks = errors.New("edge: too many links are open to other hosts")
)

func newTrunks(dial func(context.Context, trunk) (*link.Link, error)) *trunks {
	return &trunks{
		dial: dial, open: make(map[trunk]*link.Link), making: make(map[trunk]*attempt),
		redials: make(map[string]*redial), redialled: make(map[*link.Link]string), held: make(map[string]int),
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
		if l, again, err := making.await(ctx); !again {
			return l, true, err
		}
	}
}

// make dials, and tells those who wait what came of it, be it a panic.
func (t *trunks) make(ctx context.Context, want trunk, making *attempt) (l *link.Link, err error) {
	err = errPanicked
	defer func() { t.finish(ctx, want, making, l, err) }()
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
	started := newFlight[*link.Link]()
	t.making[want] = &started
	return nil, &started, true, nil
}

func (t *trunks) finish(ctx context.Context, want trunk, making *attempt, l *link.Link, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.making, want)
	if err == nil {
		t.open[provedFor(want, l)] = l
		t.tempt(l, "")
	}
	making.land(l, err, err != nil && ctx.Err() != nil)
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
	if owner, redialled := t.redialled[l]; redialled {
		delete(t.redialled, l)
		t.release(owner)
	}
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
