package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
)

// A claim is a loopback network of our own, 127.1.N.0/24, held by a listener on
// its first address: labs run side by side, all on port 5061, without asking
// anybody.
type claim struct {
	n    byte
	held net.Listener
}

// SIPPort is where every host of the world listens.
const SIPPort = 5061

// claimNetwork finds a free N, starting anywhere so that labs starting together
// seldom meet.
func claimNetwork() (*claim, error) {
	start := rand.IntN(254)
	var last error
	for i := range 254 {
		n := byte(1 + (start+i)%254)
		c := &claim{n: n}
		held, err := net.Listen("tcp4", netip.AddrPortFrom(c.host(1), SIPPort).String())
		if err == nil {
			c.held = held
			return c, nil
		}
		last = err
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			return nil, aliasError(c)
		}
	}
	return nil, fmt.Errorf("lab: all of 127.1.1.0/24 to 127.1.254.0/24 are taken: %w", last)
}

// host is the network's address with the given last byte.
func (c *claim) host(last byte) netip.Addr { return netip.AddrFrom4([4]byte{127, 1, c.n, last}) }

func (c *claim) release() error { return c.held.Close() }

// aliasError names the loopback addresses that a system without all of
// 127.0.0.0/8 on its loopback interface must be given first, and the command.
func aliasError(c *claim) error {
	if runtime.GOOS != "darwin" {
		return fmt.Errorf("lab: %s is not an address of this machine: the lab needs 127.0.0.0/8 on the loopback interface", c.host(1))
	}
	var add []string
	for _, last := range usedHosts {
		add = append(add, fmt.Sprintf("sudo ifconfig lo0 alias %s up", c.host(last)))
	}
	return fmt.Errorf("lab: this system has only 127.0.0.1 on its loopback interface; add the lab's addresses first:\n%s", strings.Join(add, "\n"))
}
