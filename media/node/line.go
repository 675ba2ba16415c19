package node

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"fedge/media/leg"
	"fedge/media/rtp"
	"fedge/media/sdp"
)

// line is one m-line of a participant: its stream, its sockets and the
// goroutines that read them.
type line struct {
	*sockets
	kind    sdp.Kind
	stream  *leg.Stream // room.mu guards it
	readers sync.WaitGroup
}

// send writes a packet; an empty one is nothing to send. What the network does
// not take is lost, as on any later hop.
func (l *line) send(packet []byte, to netip.AddrPort) {
	if len(packet) > 0 {
		l.rtp.WriteToUDPAddrPort(packet, to)
	}
}

// control writes RTCP, from the port that it is received on.
func (l *line) control(packet []byte, to netip.AddrPort) {
	if len(packet) == 0 {
		return
	}
	conn := l.rtp
	if l.rtcp != nil && !l.stream.Agreed().Mux {
		conn = l.rtcp
	}
	conn.WriteToUDPAddrPort(packet, to)
}

// failures is how many errors in a row a socket may show before it is given
// up; the network reports some that mean nothing (ICMP, on some systems).
const failures = 1000

// listenOn starts a reader for a socket of p's line l.
func (n *Node) listenOn(p *participant, l *line, conn *net.UDPConn) {
	l.readers.Go(func() {
		buffer := make([]byte, 2048)
		for failed := 0; failed < failures; {
			size, src, err := conn.ReadFromUDPAddrPort(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				failed++
				continue
			}
			failed = 0
			if rtp.KindOf(buffer[:size]) == rtp.RTP {
				n.packets.Add(1)
			}
			n.receive(p, l, buffer[:size], src)
		}
		n.cfg.Log.Error("a media socket failed", "session", p.id, "port", l.port)
	})
}

// receive takes one datagram through stream and conference.
func (n *Node) receive(p *participant, l *line, datagram []byte, src netip.AddrPort) {
	now := time.Now()
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrive(p, l, now, l.stream.Handle(now, datagram, src))
}
