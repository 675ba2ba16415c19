package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	held := []byte{last}
	free := func() { w.variants.release(held...) }
	n := newNode(w.network, fmt.Sprintf("px%d.%s", last, Domain), last, plan.Signaling)
	n.Roles, n.Capacity = []plan.Role{plan.Signaling, plan.Media}, 2000
	n.Certificate, n.Key = filepath.Join(w.Dir, n.Name+".pem"), filepath.Join(w.Dir, n.Name+"-key.pem")
	p := clone(w.Plan)
	p.Nodes = []plan.Node{n}
	for _, capacity := range v.Media {
		last, err := w.variants.claim()
		if err != nil {
			free()
			return conformance.Target{}, nil, err
		}
		held = append(held, last)
		m := newNode(w.network, fmt.Sprintf("px%d.%s", last, Domain), last, plan.Media)
		m.Capacity, m.Certificate, m.Key = capacity, n.Certificate, n.Key
		p.Nodes = append(p.Nodes, m)
		p.Nodes[0].Roles, p.Nodes[0].Capacity = []plan.Role{plan.Signaling}, 0
	}
	certificate, err := w.authority.Issue(certs.Request{CommonName: t.Pool, Names: append([]string{t.Pool, Domain}, namesOf(p.Nodes)...)})
	if err == nil {
		err = certs.Write(w.Dir, n.Name, certificate)
	}
	if err != nil {
		free()
		return conformance.Target{}, nil, err
	}
	p.Partners = slices.Clone(p.Partners)
	if v.Plan != nil {
		v.Plan(p)
	}
	if v.Bounds.Handshake != 0 {
		v.Links.Handshake = v.Bounds.Handshake
	}
	log := w.cfg.Log
	if v.Log != nil {
		log = slog.New(slog.NewTextHandler(v.Log, nil))
	}
	nodes, err := process.Start(context.WithoutCancel(ctx), process.Config{
		Plan: p, Nodes: namesOf(p.Nodes), Resolver: w.Client(), Timers: w.Timers(), SIP: bounded(w.limits(), v.Bounds), Links: v.Links, WriteTimeout: v.Bounds.Write,
		Drain: w.cfg.Drain, Log: log, Wall: v.Wall,
	})
	if err != nil {
		free()
		return conformance.Target{}, nil, err
	}
	t.Node, t.Address = n.Name, netip.AddrPortFrom(n.Address, SIPPort)
	t.Instruments = w.instruments(t, n)
	t.Instruments.StopMedia = func(at netip.Addr) error { return stopMedia(nodes, p, at) }
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

func namesOf(nodes []plan.Node) (names []string) {
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}

func stopMedia(nodes *process.Process, p *plan.Plan, at netip.Addr) error {
	for _, n := range p.Nodes {
		if n.PublicAddr() == at {
			return nodes.StopMedia(n.Name)
		}
	}
	return fmt.Errorf("lab: no media node at %s", at)
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

func (v *variants) release(held ...byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, last := range held {
		delete(v.taken, last)
	}
}
