package process

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"fedge/edge"
	"fedge/metrics"
	"fedge/plan"
	"fedge/sip/link"
)

// host is one node: its listener, its edge, its admin interface.
type host struct {
	plan     plan.Node
	edge     *edge.Edge
	listener net.Listener
	admin    *http.Server
	adminLn  net.Listener
}

// openHost listens for one node. The port is taken before anything is served,
// so that "ready" means ready.
func (p *Process) openHost(n plan.Node, registry *metrics.Registry) error {
	credentials, err := Credentials(p.cfg.Plan, n)
	if err != nil {
		return err
	}
	e, err := edge.New(edge.Config{
		Plan: p.cfg.Plan, Node: n.Name, Port: int(p.sip(n).Port()), Settings: p.cfg.Settings[n.Name], Credentials: credentials, Reload: p.Reload, Resolver: p.cfg.Resolver,
		Pool: p.pool, Timers: p.cfg.Timers, Links: p.cfg.Links, SIP: p.cfg.SIP, WriteTimeout: p.cfg.WriteTimeout, Drain: p.cfg.Drain, Log: p.log, Metrics: registry, Wall: p.cfg.Wall,
		Dial: p.cfg.Dial(p.sip(n).Addr()),
	})
	if err != nil {
		return err
	}
	h := &host{plan: n, edge: e}
	p.nodes = append(p.nodes, h)
	if h.listener, err = listen(p.sip(n), "SIP"); err != nil {
		return err
	}
	admin := p.admin(n)
	if !admin.IsValid() {
		return nil
	}
	if h.adminLn, err = listen(admin, "the admin interface"); err != nil {
		return err
	}
	h.admin = &http.Server{Handler: e.Admin(), ReadHeaderTimeout: 5 * time.Second}
	return nil
}

// dialer calls out from the node's own address: on a machine with several, a
// partner must see the one that DNS gives for the node.
func dialer(from netip.Addr) link.DialFunc {
	d := &net.Dialer{}
	if from.IsValid() && !from.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	}
	return d.DialContext
}

func (p *Process) sip(n plan.Node) netip.AddrPort {
	if p.cfg.Listen.IsValid() {
		return p.cfg.Listen
	}
	return netip.AddrPortFrom(n.Address, plan.Port)
}

func (p *Process) admin(n plan.Node) netip.AddrPort {
	if p.cfg.Admin.IsValid() {
		return p.cfg.Admin
	}
	return n.Admin
}

// listen opens a TCP listener, or says what is in the way.
func listen(at netip.AddrPort, what string) (net.Listener, error) {
	ln, err := net.Listen("tcp", at.String())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s cannot listen on %s: another process holds the port (ss -ltnp 'sport = :%d' names it): %w", what, at, at.Port(), err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s cannot listen on %s: not an address of this machine; give --listen its own address: %w", what, at, err)
	case err != nil:
		return nil, fmt.Errorf("%s cannot listen on %s: %w", what, at, err)
	}
	return ln, nil
}

func serveAdmin(h *host) error {
	if err := h.admin.Serve(h.adminLn); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("process: admin interface of %s: %w", h.plan.Name, err)
	}
	return nil
}
