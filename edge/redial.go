package edge

import (
	"context"
	"fmt"
	"net/netip"

	"fedge/dns"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
)

// redial is a search for a host that a peer's route set names. There is one for
// a host at a time: a peer that names a thousand ports has one dialled.
type redial struct {
	attempt
	owner string // of the peer whose dialog asks
	port  int
}

// redial finds a link for an in-dialog request whose own link is gone: to an
// address of the next hop's name, proved for that name. An IP literal proves
// nothing and is refused.
func (e *Edge) redial(ctx context.Context, peer link.Identity, host string, port int) (*link.Link, error) {
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
		l, r, mine, err := e.trunks.enterRedial(owner(peer), host, port)
		if l != nil || err != nil {
			return l, err
		}
		if mine {
			return e.seek(ctx, host, r)
		}
		if l, again, err := r.await(ctx); !again {
			return l, err
		}
	}
}

// enterRedial finds an open link to a host, or the search for one, or begins it.
func (t *trunks) enterRedial(owner, host string, port int) (open *link.Link, r *redial, mine bool, err error) {
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
	if len(t.redials)+len(t.redialled) >= maxRedials || t.held[owner] >= maxOwnerRedials {
		return nil, nil, false, errTooManyTrunks
	}
	r = &redial{attempt: newFlight[*link.Link](), owner: owner, port: port}
	t.held[owner]++
	t.redials[host] = r
	return nil, r, true, nil
}

// found ends a search and tells those who wait what came of it. A link that it
// brought keeps the search's place until it ends.
func (t *trunks) found(ctx context.Context, host string, r *redial, l *link.Link, fresh bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.redials, host)
	if fresh && err == nil && l.Err() == nil {
		t.redialled[l] = r.owner
	} else {
		t.release(r.owner)
	}
	r.land(l, err, err != nil && ctx.Err() != nil)
}

// release gives a place back.
func (t *trunks) release(owner string) {
	if t.held[owner]--; t.held[owner] == 0 {
		delete(t.held, owner)
	}
}
