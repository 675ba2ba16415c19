package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	rr "github.com/miekg/dns"
)

// Client asks the servers it was given. It may be used by many goroutines; set
// its fields before the first question.
type Client struct {
	Servers []netip.AddrPort
	Timeout time.Duration // for one question to one server, over one transport; zero: 2 s
	Rounds  int           // how often silent servers are asked; zero: once

	// Authoritative takes no word from a server that does not have the zone
	// itself: a proxy on the way may answer in its place.
	Authoritative bool
}

const defaultTimeout = 2 * time.Second

// NewClient asks these servers, in this order.
func NewClient(servers ...netip.AddrPort) *Client {
	return &Client{Servers: servers, Timeout: defaultTimeout, Rounds: 2}
}

// resolvConf is where Unix systems name their servers.
const resolvConf = "/etc/resolv.conf"

// System asks the servers of /etc/resolv.conf.
func System() (*Client, error) { return FromFile(resolvConf) }

// FromFile asks the servers that a resolv.conf names. Its search suffixes are
// left alone: a federated domain is always absolute.
func FromFile(file string) (*Client, error) {
	conf, err := rr.ClientConfigFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("dns: reading the system's name servers: %w; name one with --resolver ADDR:PORT", err)
	}
	var servers []netip.AddrPort
	for _, s := range conf.Servers {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("dns: %s: nameserver %q is no address: %w", file, s, err)
		}
		servers = append(servers, netip.AddrPortFrom(addr, 53))
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("dns: %s names no server; name one with --resolver ADDR:PORT", file)
	}
	return NewClient(servers...), nil
}

// SRV implements Resolver.
func (c *Client) SRV(ctx context.Context, name string) ([]SRV, error) {
	found, err := c.lookUp(ctx, name, rr.TypeSRV)
	if err != nil {
		return nil, err
	}
	var records []SRV
	for _, record := range found {
		if srv, ok := record.(*rr.SRV); ok {
			records = append(records, SRV{
				Target: Canonical(srv.Target), Port: srv.Port, Priority: srv.Priority, Weight: srv.Weight, TTL: life(srv.Hdr),
			})
		}
	}
	return best(records), nil
}

// Addresses implements Resolver.
func (c *Client) Addresses(ctx context.Context, host string) ([]Address, error) {
	four, err := c.A(ctx, host)
	if why, ok := errors.AsType[*Error](err); !ok || why.Kind != NoData {
		return four, err
	}
	// The name is there and has no A record: perhaps it has the other kind.
	if six, err := c.AAAA(ctx, host); err == nil {
		return six, nil
	}
	return nil, err
}

// A returns the A records of host, in the order they came.
func (c *Client) A(ctx context.Context, host string) ([]Address, error) {
	return c.addresses(ctx, host, rr.TypeA)
}

// AAAA returns the AAAA records of host, in the order they came.
func (c *Client) AAAA(ctx context.Context, host string) ([]Address, error) {
	return c.addresses(ctx, host, rr.TypeAAAA)
}

func (c *Client) addresses(ctx context.Context, host string, kind uint16) ([]Address, error) {
	found, err := c.lookUp(ctx, host, kind)
	if err != nil {
		return nil, err
	}
	var addresses []Address
	for _, record := range found {
		var addr netip.Addr
		switch record := record.(type) {
		case *rr.A:
			addr, _ = netip.AddrFromSlice(record.A.To4())
		case *rr.AAAA:
			addr, _ = netip.AddrFromSlice(record.AAAA.To16())
		}
		if addr.IsValid() {
			addresses = append(addresses, Address{Addr: addr, TTL: life(*record.Header())})
		}
	}
	if len(addresses) == 0 { // records without an address in them
		return nil, &Error{Name: Canonical(host), Type: rr.TypeToString[kind], Kind: NoData}
	}
	return addresses, nil
}

// CNAME returns what name is an alias of, one step; an *Error with NoData when
// it is no alias. A service record may not point at an alias (RFC 2782).
func (c *Client) CNAME(ctx context.Context, name string) (string, error) {
	found, err := c.lookUp(ctx, name, rr.TypeCNAME)
	if err != nil {
		return "", err
	}
	for _, record := range found {
		if alias, ok := record.(*rr.CNAME); ok {
			return Canonical(alias.Target), nil
		}
	}
	return "", &Error{Name: Canonical(name), Type: "CNAME", Kind: NoData}
}

// NS returns the hosts that serve the zone whose apex is name, in the order they
// came; an *Error with NoData when name is inside a zone.
func (c *Client) NS(ctx context.Context, name string) ([]string, error) {
	found, err := c.lookUp(ctx, name, rr.TypeNS)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, record := range found {
		if ns, ok := record.(*rr.NS); ok {
			hosts = append(hosts, Canonical(ns.Ns))
		}
	}
	return hosts, nil
}

func life(h rr.RR_Header) time.Duration { return time.Duration(h.Ttl) * time.Second }
