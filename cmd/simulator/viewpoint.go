package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"fedge/certs"
	"fedge/check"
	"fedge/dns"
	"fedge/lab"
	"fedge/lync"
	"fedge/plan"
)

// viewpoint is from where a check looks: as whom, with whose eyes on DNS, and
// trusting whom. What was typed comes first, then what the partner's own file
// says, then the plan, and in the end the system.
type viewpoint struct {
	partner lync.Config      // zero: nobody's
	servers []netip.AddrPort // name servers; none: the system's
	roots   string           // file of whom partners trust; "": the system's

	check check.Config
}

func (f *checkFlags) viewpoint(p *plan.Plan) (v viewpoint, err error) {
	var as lab.As
	var wrong []error // all of it is told at once
	if f.as != "" {
		if as, err = readAs(f.as); err == nil {
			v.partner, err = partnerOf(f.as, as)
		}
		wrong = append(wrong, of("--as", err))
	}
	wrong = append(wrong, v.ask(f.resolvers, as, p))
	if v.roots = cmp.Or(f.ca, as.Roots, p.Certificates.Roots); v.roots != "" {
		v.check.Roots, err = certs.ReadRoots(v.roots)
		if f.ca != "" {
			err = of("--ca", err)
		}
		wrong = append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return v, err
	}
	if f.ca != "" { // whoever calls trusts whom the others do
		v.partner.Roots = v.check.Roots
	}
	if f.trigger != "" {
		return v, v.takesCalls(f.as)
	}
	return v, nil
}

// of names the option that an error is about.
func of(option string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", option, err)
}

// takesCalls tells whether nodes that are made to call will find anybody.
func (v viewpoint) takesCalls(file string) error {
	at := v.partner.Listen
	if !at.IsValid() {
		return fmt.Errorf("--trigger: nodes cannot call the partner of %s, which does not say where it takes calls: add listen, the address and port that its federation record leads to", file)
	}
	return free(at, file)
}

// free tells whether calls can be taken where an --as file says.
func free(at netip.AddrPort, file string) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return fmt.Errorf("--trigger: calls cannot be taken at %s, the listen of %s: %w; end whoever is there (a lab leaves the place to you with simulator lab --no-partner)", at, file, cause(err))
	}
	return l.Close()
}

// ask finds the name servers.
func (v *viewpoint) ask(typed []string, as lab.As, p *plan.Plan) error {
	for _, text := range typed {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return fmt.Errorf("--resolver %s: write ADDRESS:PORT, as in 192.0.2.53:53", text)
		}
		v.servers = append(v.servers, at)
	}
	if len(typed) == 0 && as.Resolver != "" {
		at, err := netip.ParseAddrPort(as.Resolver)
		if err != nil {
			return nil // partnerOf has said so
		}
		v.servers = []netip.AddrPort{at}
	} else if len(typed) == 0 && p.Resolver.IsValid() {
		v.servers = []netip.AddrPort{p.Resolver}
	}
	for _, at := range v.servers {
		v.check.Resolvers = append(v.check.Resolvers, dns.NewClient(at))
	}
	if len(v.servers) > 0 {
		return nil
	}
	system, err := dns.System()
	v.check.Resolvers = []dns.Resolver{system}
	return err
}

// config says how to look at a deployment from here.
func (v viewpoint) config(p *plan.Plan) check.Config {
	c := v.check
	c.Plan, c.As = p, v.partner
	return c
}

// onLoopback tells a lab's name server, which is given by its address, from
// the system's, which may be on loopback, too.
func (v viewpoint) onLoopback() bool {
	return len(v.servers) > 0 && !slices.ContainsFunc(v.servers, func(at netip.AddrPort) bool { return !at.Addr().IsLoopback() })
}
