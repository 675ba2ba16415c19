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
	Timeout time.Duration // for one question to one server, over one transport
	Rounds  int           // how often the list of servers is gone through
}

// NewClient asks these servers, in this order.
func NewClient(servers ...netip.AddrPort) *Client {
	return &Client{Servers: servers, Timeout: 2 * time.Second, Rounds: 2}
}

// resolvConf is where Unix systems name their servers.
const resolvConf = "/etc/resolv.conf"

// System asks the servers of /etc/resolv.conf. Its search suffixes are left
// alone: a federated domain is always absolute.
func System() (*Client, error) {
	conf, err := rr.ClientConfigFromFile(resolvConf)
	if err != nil {
		return nil, fmt.Errorf("dns: reading %s: %w; name a server with --resolver ADDR:PORT", resolvConf, err)
	}
	var servers []netip.AddrPort
	for _, s := range conf.Servers {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("dns: reading %s: nameserver %q is no address: %w", resolvConf, s, err)
		}
		servers = append(servers, netip.AddrPortFrom(addr, 53))
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("dns: %s names no server; name one with --resolver ADDR:PORT", resolvConf)
	}
	return NewClient(servers...), nil
}

// SRV implements Resolver.
func (c *Client) SRV(ctx context.Context, name string) ([]SRV, error) {
	return nil, errors.New("not yet")
}

// Addresses implements Resolver.
func (c *Client) Addresses(ctx context.Context, host string) ([]Address, error) {
	return nil, errors.New("not yet")
}

// A returns the A records of host.
func (c *Client) A(ctx context.Context, host string) ([]Address, error) {
	return nil, errors.New("not yet")
}

// AAAA returns the AAAA records of host.
func (c *Client) AAAA(ctx context.Context, host string) ([]Address, error) {
	return nil, errors.New("not yet")
}

// CNAME returns what name is an alias of, one step; an *Error with NoData when
// it is no alias.
func (c *Client) CNAME(ctx context.Context, name string) (string, error) {
	return "", errors.New("not yet")
}
