package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"fedge/certs"
	"fedge/dns"
	"fedge/lab"
	"fedge/lync"
)

// partnerFile reads an --as file: who we are on a real network. Paths in it are
// relative to it.
func partnerFile(name string) (lync.Config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return lync.Config{}, err
	}
	var as lab.As
	if err := yaml.UnmarshalWithOptions(data, &as, yaml.Strict()); err != nil {
		return lync.Config{}, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	in := func(file string) string {
		if file == "" || filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(filepath.Dir(name), file)
	}
	var errs []error
	c := lync.Config{Domain: as.Domain, Edge: as.Edge}
	if as.Domain == "" || as.Edge == "" {
		errs = append(errs, errors.New("domain and edge must be set"))
	}
	if as.Certificate == "" || as.Key == "" {
		errs = append(errs, errors.New("certificate and key must be set: what the partner proves itself with"))
	} else {
		c.Certificate, err = certs.Read(in(as.Certificate), in(as.Key))
		errs = append(errs, err)
	}
	if as.Roots != "" {
		c.Roots, err = certs.ReadRoots(in(as.Roots))
		errs = append(errs, err)
	}
	if as.Listen != "" {
		c.Listen, err = netip.ParseAddrPort(as.Listen)
		errs = append(errs, err)
		c.Address = c.Listen.Addr()
	}
	if as.Public != "" {
		c.MediaAddress, err = netip.ParseAddr(as.Public)
		errs = append(errs, err)
	}
	resolver, err := resolverOf(as)
	errs = append(errs, err)
	c.Resolver = resolver
	if err := errors.Join(errs...); err != nil {
		return lync.Config{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

func resolverOf(as lab.As) (*dns.Client, error) {
	if as.Resolver == "" {
		return dns.System()
	}
	at, err := netip.ParseAddrPort(as.Resolver)
	if err != nil {
		return nil, fmt.Errorf("resolver: %w", err)
	}
	return dns.NewClient(at), nil
}
