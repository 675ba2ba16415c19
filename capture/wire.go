package capture

import (
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// wire turns packets into Ethernet frames, with TCP numbers that agree with
// each other, and hands each frame to emit.
type wire struct {
	emit  func(packet, []byte) error
	conns map[uint64]*conn
	pairs map[pair]uint64 // which link speaks for a pair of addresses now
}

// pair is a connection's addresses whichever way round.
type pair struct{ low, high netip.AddrPort }

func pairOf(a, b netip.AddrPort) pair {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return pair{a, b}
}

// conn is one TCP connection as a receiver would count it.
type conn struct {
	client, server netip.AddrPort
	next           map[netip.AddrPort]uint32 // the next sequence number of each side
}

// mss is the payload of one TCP segment, as on an Ethernet with timestamps.
const mss = 1448

func newWire(emit func(packet, []byte) error) *wire {
	return &wire{emit: emit, conns: make(map[uint64]*conn), pairs: make(map[pair]uint64)}
}

// put emits the frames of one packet.
func (w *wire) put(p packet) error {
	switch {
	case p.link == 0:
		return w.datagram(p)
	case p.event == opened:
		return w.open(p)
	}
	c := w.conns[p.link]
	if c == nil {
		return nil // the other end's view of a connection that is already told
	}
	if p.event == closed {
		return w.close(c, p)
	}
	for rest := p.payload; len(rest) > 0; {
		n := min(len(rest), mss)
		if err := w.segment(c, p, rest[:n], layers.TCP{ACK: true, PSH: n == len(rest)}); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// open emits the three-way handshake. When both ends of a connection are in one
// recording, the end that came first tells it.
func (w *wire) open(p packet) error {
	key := pairOf(p.src, p.dst)
	if _, told := w.pairs[key]; told {
		return nil
	}
	w.pairs[key] = p.link
	c := &conn{client: p.src, server: p.dst, next: map[netip.AddrPort]uint32{p.src: 1000, p.dst: 2000}}
	w.conns[p.link] = c
	back := packet{at: p.at, src: p.dst, dst: p.src}
	if err := w.segment(c, p, nil, layers.TCP{SYN: true}); err != nil {
		return err
	}
	if err := w.segment(c, back, nil, layers.TCP{SYN: true, ACK: true}); err != nil {
		return err
	}
	return w.segment(c, p, nil, layers.TCP{ACK: true})
}

// close emits FIN both ways and forgets the connection.
func (w *wire) close(c *conn, p packet) error {
	back := packet{at: p.at, src: p.dst, dst: p.src}
	delete(w.conns, p.link)
	delete(w.pairs, pairOf(p.src, p.dst))
	if err := w.segment(c, p, nil, layers.TCP{FIN: true, ACK: true}); err != nil {
		return err
	}
	if err := w.segment(c, back, nil, layers.TCP{FIN: true, ACK: true}); err != nil {
		return err
	}
	return w.segment(c, p, nil, layers.TCP{ACK: true})
}

// segment emits one TCP segment and advances its sender's sequence number.
func (w *wire) segment(c *conn, p packet, payload []byte, tcp layers.TCP) error {
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(p.src.Port()), layers.TCPPort(p.dst.Port())
	tcp.Seq, tcp.Window = c.next[p.src], 65535
	if tcp.ACK {
		tcp.Ack = c.next[p.dst]
	}
	c.next[p.src] += uint32(len(payload))
	if tcp.SYN || tcp.FIN { // RFC 9293 §3.4: each takes a number
		c.next[p.src]++
	}
	return w.frame(p, layers.IPProtocolTCP, &tcp, payload)
}

func (w *wire) datagram(p packet) error {
	udp := &layers.UDP{SrcPort: layers.UDPPort(p.src.Port()), DstPort: layers.UDPPort(p.dst.Port())}
	return w.frame(p, layers.IPProtocolUDP, udp, p.payload)
}

// transport is what TCP and UDP have in common here.
type transport interface {
	gopacket.SerializableLayer
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

// frame wraps a transport header and its payload in IP and Ethernet.
func (w *wire) frame(p packet, protocol layers.IPProtocol, t transport, payload []byte) error {
	src, dst := p.src.Addr().Unmap(), p.dst.Addr().Unmap()
	eth := &layers.Ethernet{SrcMAC: mac(src), DstMAC: mac(dst), EthernetType: layers.EthernetTypeIPv4}
	var network gopacket.NetworkLayer
	var ip gopacket.SerializableLayer
	if src.Is4() && dst.Is4() {
		v4 := &layers.IPv4{Version: 4, TTL: 64, Flags: layers.IPv4DontFragment, Protocol: protocol, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		network, ip = v4, v4
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		from, to := src.As16(), dst.As16()
		v6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: from[:], DstIP: to[:]}
		network, ip = v6, v6
	}
	if err := t.SetNetworkLayerForChecksum(network); err != nil {
		return err
	}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, eth, ip, t, gopacket.Payload(payload)); err != nil {
		return err
	}
	if p.at.IsZero() {
		p.at = time.Unix(0, 0)
	}
	return w.emit(p, buf.Bytes())
}

// mac is a locally administered address made of the host's IP address.
func mac(a netip.Addr) net.HardwareAddr {
	b := a.As16()
	return net.HardwareAddr{0x02, 0xfe, b[12], b[13], b[14], b[15]}
}
