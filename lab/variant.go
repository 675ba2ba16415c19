package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"

	"fedge/certs"
	"fedge/conformance"
	"fedge/plan"
	"fedge/process"
	"fedge/sip/stack"
)

// variant starts one more node, with media of its own, whose configuration the
// case changes first. The world's records do not know it: it is reached by its
// address, and proves the pool's name like the others.
func (w *World) variant(ctx context.Context, t conformance.Target, v conformance.Variant) (conformance.Target, func() error, error) {
	last, err := w.variants.claim()
	if err != nil {
		return conformance.Target{}, nil, err
	}
	free := func() { w.variants.release(last) }
	n := newNode(w.network, fmt.Sprintf("px%d.%s", last, Domain), last, plan.Signaling)
	n.Roles, n.Capacity = []plan.Role{plan.Signaling, plan.Media}, 2000
	n.Certificate, n.Key = filepath.Join(w.Dir, n.Name+".pem"), filepath.Join(w.Dir, n.Name+"-key.pem")
	certificate, err := w.authority.Issue(certs.Request{CommonName: t.Pool, Names: []string{t.Pool, n.Name, Domain}})
	if err == nil {
		err = certs.Write(w.Dir, n.Name, certificate)
	}
	if err != nil {
		free()
		return conformance.Target{}, nil, err
	}
	p := clone(w.Plan)
	p.Nodes = []plan.Node{n}
	p.Partners = slices.Clone(p.Partners)
	if v.Plan != nil {
		v.Plan(p)
	}
	if v.Bounds.Handshake != 0 {
		v.Links.Handshake = v.Bounds.Handshake
	}
	nodes, err := process.Start(context.WithoutCancel(ctx), process.Config{
		Plan: p, Nodes: []string{n.Name}, Resolver: w.Client(), Timers: w.Timers(), SIP: bounded(w.limits(), v.Bounds), Links: v.Links, WriteTimeout: v.Bounds.Write,
		Drain: w.cfg.Drain, Log: w.cfg.Log,
	})
	if err != nil {
		free()
		return conformance.Target{}, nil, err
	}
	t.Node, t.Address = n.Name, netip.AddrPortFrom(n.Address, SIPPort)
	t.Instruments = w.instruments(t, n)
	return t, func() error {
		defer free()
		return nodes.Stop()
	}, nil
}

// bounded is what a case wants shorter than it usually is.
func bounded(l stack.Limits, b conformance.Bounds) stack.Limits {
	l.Gate.HeaderTime = cmp.Or(b.Header, l.Gate.HeaderTime)
	l.Gate.BodyTime = cmp.Or(b.Body, l.Gate.BodyTime)
	l.Gate.Idle = cmp.Or(b.Idle, l.Gate.Idle)
	return l
}

// variants are the last bytes of the addresses that such nodes hold.
type variants struct {
	mu    sync.Mutex
	taken map[byte]bool
}

func (v *variants) claim() (byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for last := byte(firstVariant); last <= lastVariant; last++ {
		if !v.taken[last] {
			if v.taken == nil {
				v.taken = map[byte]bool{}
			}
			v.taken[last] = true
			return last, nil
		}
	}
	return 0, errors.New("lab: too many nodes were started at once")
}

func (v *variants) release(last byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.taken, last)
}
