package lync

import (
	"fmt"
	"net"
	"net/netip"
)

// pair is the two UDP sockets of one m-line: RTP, and RTCP on the next port.
type pair struct{ rtp, rtcp *net.UDPConn }

// pairTries is how often two ports in a row are looked for.
const pairTries = 64

// openPair takes an even port and the next one (RFC 3550 §11).
func openPair(addr netip.Addr) (pair, error) {
	var last error
	for range pairTries {
		first, err := listenUDP(addr, 0)
		if err != nil {
			return pair{}, fmt.Errorf("lync: no UDP port on %s: %w", addr, err)
		}
		port := portOf(first)
		if port%2 == 0 {
			second, err := listenUDP(addr, port+1)
			if err == nil {
				return pair{first, second}, nil
			}
			last = err
		}
		first.Close()
	}
	return pair{}, fmt.Errorf("lync: no two UDP ports in a row on %s: %w", addr, last)
}

func listenUDP(addr netip.Addr, port uint16) (*net.UDPConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
}

func portOf(c *net.UDPConn) uint16 {
	addr, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return 0
	}
	return addr.AddrPort().Port()
}

func (p pair) close() {
	p.rtp.Close()
	p.rtcp.Close()
}
