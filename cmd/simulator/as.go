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
	c := lync.Config{Domain: as.Domain, Edge: as.Edge}
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
