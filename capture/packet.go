package capture

import (
	"bytes"
	"net/netip"
	"time"
)

// packet is a piece of payload as it went over the wire: part of a TCP stream
// when link is set, else one UDP datagram.
type packet struct {
	at       time.Time
	link     uint64
	src, dst netip.AddrPort
	payload  []byte
	event    event
}

// event is what a packet stands for besides its payload.
type event uint8

const (
	data   event = iota
	opened       // src is the client
	closed       // src closed first
)

// flow is what the recorder knows of one TCP connection while it records.
type flow struct {
	client, server netip.AddrPort
	cut            bool // something was dropped: what follows would not fit
}

// Opened records that client's connection to server was established. Segments
// of a link that was never opened are not recorded.
func (r *Recorder) Opened(at time.Time, link uint64, client, server netip.AddrPort) {
	if r == nil || r.plain {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.take(packetOverhead, 0) {
		r.flows[link] = &flow{client: client, server: server}
		r.packets = append(r.packets, packet{at: at, link: link, src: client, dst: server, event: opened})
	}
}

// Segment records payload as it goes from src to dst on an opened link: under
// TLS, so ciphertext. Once a segment found no room the rest of its link is
// dropped too, since a stream with a hole cannot be decrypted.
func (r *Recorder) Segment(at time.Time, link uint64, src, dst netip.AddrPort, payload []byte) {
	if r == nil || r.plain || len(payload) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.flows[link]
	if f == nil {
		return
	}
	if f.cut {
		r.dropped++
		return
	}
	if !r.take(packetOverhead, len(payload)) {
		f.cut = true
		return
	}
	r.packets = append(r.packets, packet{at: at, link: link, src: src, dst: dst, payload: bytes.Clone(payload)})
}

// Closed records that src ended the link. Only the first call for a link counts.
func (r *Recorder) Closed(at time.Time, link uint64, src, dst netip.AddrPort) {
	if r == nil || r.plain {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.flows[link]
	if f == nil {
		return
	}
	delete(r.flows, link)
	if !f.cut && r.take(packetOverhead, 0) {
		r.packets = append(r.packets, packet{at: at, link: link, src: src, dst: dst, event: closed})
	}
}

// Datagram records one UDP datagram as sent from src to dst.
func (r *Recorder) Datagram(at time.Time, src, dst netip.AddrPort, payload []byte) {
	if r == nil || r.plain {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.take(packetOverhead, len(payload)) {
		r.packets = append(r.packets, packet{at: at, src: src, dst: dst, payload: bytes.Clone(payload)})
	}
}
