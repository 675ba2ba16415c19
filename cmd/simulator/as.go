package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"

	"github.com/goccy/go-yaml"

	"fedge/certs"
	"fedge/dns"
	"fedge/lab"
	"fedge/lync"
)

// partnerFile reads an --as file: who we are on a real network.
func partnerFile(name string) (lync.Config, error) {
	as, err := readAs(name)
	if err != nil {
		return lync.Config{}, err
	}
	return partnerOf(name, as)
}

// readAs is what an --as file says. Paths in it are relative to it; here they
// are so no more.
func readAs(name string) (as lab.As, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return as, err
	}
	if err := yaml.UnmarshalWithOptions(data, &as, yaml.Strict()); err != nil {
		return as, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	for _, file := range []*string{&as.Certificate, &as.Key, &as.Roots} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(name), *file)
		}
	}
	return as, nil
}

// partnerOf is the organisation that an --as file describes; name is the file's.
func partnerOf(name string, as lab.As) (lync.Config, error) {
	var (
		errs []error
		err  error
	)
	c := lync.Config{Domain: as.Domain, Edge: as.Edge, Users: as.Users}
	if as.Domain == "" || as.Edge == "" {
		errs = append(errs, errors.New("domain and edge must be set"))
	}
	if as.Certificate == "" || as.Key == "" {
		errs = append(errs, errors.New("certificate and key must be set: what the partner proves itself with"))
	} else {
		c.Certificate, err = certs.Read(as.Certificate, as.Key)
		errs = append(errs, err)
	}
	if as.Roots != "" {
		c.Roots, err = certs.ReadRoots(as.Roots)
		errs = append(errs, err)
	}
	if as.Listen != "" {
		if c.Listen, err = netip.ParseAddrPort(as.Listen); err != nil {
			errs = append(errs, fmt.Errorf("listen is %q: write ADDRESS:PORT, as in 203.0.113.5:5061", as.Listen))
		} else if c.Address = c.Listen.Addr(); !here(c.Address) {
			errs = append(errs, fmt.Errorf("listen is %s, and this machine has no such address: write its own, which a NAT leads to, and as public the one that the world sees", as.Listen))
		}
	}
	if as.Public != "" {
		if c.MediaAddress, err = netip.ParseAddr(as.Public); err != nil {
			errs = append(errs, fmt.Errorf("public is %q: write an address, as in 203.0.113.5", as.Public))
		} else if !here(c.MediaAddress) { // a NAT has it
			c.MediaPublic, c.MediaAddress = c.MediaAddress, cmp.Or(c.Address, netip.IPv4Unspecified())
		}
	}
	resolver, err := resolverOf(as)
	errs = append(errs, err)
	c.Resolver = resolver
	var wrong error
	for _, err := range errs {
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	return c, wrong
}

// here tells whether an address is this machine's, so that it can be bound.
func here(a netip.Addr) bool {
	l, err := net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
	if err == nil {
		l.Close()
	}
	return !errors.Is(err, syscall.EADDRNOTAVAIL)
}

func resolverOf(as lab.As) (*dns.Client, error) {
	if as.Resolver == "" {
		return dns.System()
	}
	at, err := netip.ParseAddrPort(as.Resolver)
	if err != nil {
		return nil, fmt.Errorf("resolver is %q: write ADDRESS:PORT, as in 192.0.2.53:53", as.Resolver)
	}
	return dns.NewClient(at), nil
}
