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
// seldom meet. A system that has only some loopback addresses gets one of those.
func claimNetwork() (*claim, error) {
	start := rand.IntN(254)
	var taken error
	for i := range 254 {
		c := &claim{n: byte(1 + (start+i)%254)}
		held, err := net.Listen("tcp4", netip.AddrPortFrom(c.host(1), SIPPort).String())
		if err == nil {
			c.held = held
			return c, nil
		}
		if !errors.Is(err, syscall.EADDRNOTAVAIL) {
			taken = err
		}
	}
	if taken == nil {
		return nil, aliasError(&claim{n: aliasNetwork})
	}
	return nil, fmt.Errorf("lab: every 127.1.N.0/24 that this system has is taken: %w", taken)
}

// aliasNetwork is the N whose addresses a system without any is told to add.
const aliasNetwork = 1

// host is the network's address with the given last byte.
func (c *claim) host(last byte) netip.Addr { return netip.AddrFrom4([4]byte{127, 1, c.n, last}) }

func (c *claim) release() error { return c.held.Close() }

// aliasError names the loopback addresses that a system without all of
// 127.0.0.0/8 on its loopback interface must be given first, and the command.
func aliasError(c *claim) error {
	command := "sudo ip address add %s/32 dev lo"
	if runtime.GOOS == "darwin" {
		command = "sudo ifconfig lo0 alias %s up"
	}
	var add []string
	for _, last := range usedHosts {
		add = append(add, fmt.Sprintf(command, c.host(last)))
	}
	return fmt.Errorf("lab: the loopback interface lacks the lab's addresses; add them first:\n%s", strings.Join(add, "\n"))
}
