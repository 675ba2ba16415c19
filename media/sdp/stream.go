package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	"fedge/mutant"
)

// Kind is what a stream carries.
type Kind uint8

// The kinds that a node serves.
const (
	Audio Kind = iota
	Video
	kinds // how many there are
)

func (k Kind) String() string {
	if k == Video {
		return "video"
	}
	return "audio"
}

// Direction says which way media flows, from our side.
type Direction uint8

// The directions; zero is inactive.
const (
	Send Direction = 1 << iota
	Receive
	Both     = Send | Receive
	Inactive = Direction(0)
)

var directions = [...]string{Inactive: "inactive", Send: "sendonly", Receive: "recvonly", Both: "sendrecv"}

func (d Direction) String() string { return directions[d&Both] }

// reverse is the other side's view.
func (d Direction) reverse() Direction { return d>>1&1 | d<<1&2 }

// direction reads a media's attribute, else the session's (RFC 8866 §6.7).
func (d *Description) direction(m *Media) Direction {
	for _, lines := range [][]Line{m.Lines, d.Lines} {
		for _, l := range lines {
			for way, name := range directions {
				if l.Type == 'a' && l.Value == name {
					return Direction(way)
				}
			}
		}
	}
	return Both
}

// Stream is one m-line as the two sides agreed on it. What Choose and
// ReadAnswer cannot know - port, key, SSRC - the node fills in before the
// description is written.
type Stream struct {
	Index     int // of the m-line
	Kind      Kind
	Codecs    []Codec // the first is what we send; all may be received
	Event     Codec   // telephone-event; no Name: not agreed
	Direction Direction
	Mux       bool // RTCP shares the RTP port

	// The far end. An invalid Remote: on hold by c=0.0.0.0, nothing is sent.
	Remote, RemoteRTCP netip.AddrPort
	Crypto             Crypto // its key, and the tag both sides use
	Plain              bool   // no SRTP at all

	// Ours.
	Port  uint16 // RTCP is on the next one unless Mux
	Key   Key
	SSRC  uint32 // audio: the one; video: the first of a range of 100
	proto string // of our m-line
	Lync  bool   // spell it as Lync does
}

// transport tells whether we speak an m-line's protocol, and how the answer
// spells it when it is protected: an offer of AVP with a=crypto makes SRTP
// optional, and is answered with SAVP to take it ([MS-SDPEXT], optional SRTP).
func transport(proto string) (protected string, must, ok bool) {
	switch proto {
	case "RTP/AVP":
		return "RTP/SAVP", false, true
	case "RTP/AVPF":
		return "RTP/SAVPF", false, true
	case "RTP/SAVP", "RTP/SAVPF":
		return proto, true, true
	}
	return "", false, false
}

// remote finds where a media wants its packets: RTP and RTCP. Both are invalid
// for a null address (hold as in RFC 3264 §8.4).
func (d *Description) remote(m *Media) (rtp, rtcp netip.AddrPort, problem string) {
	text, ok := value(m.Lines, 'c')
	if !ok || mutant.On("sdp.c-level") {
		text, ok = value(d.Lines, 'c')
	}
	if !ok {
		return rtp, rtcp, "no c= line"
	}
	addr, problem := connection(text)
	if problem != "" || addr.IsUnspecified() {
		return rtp, rtcp, problem
	}
	rtp = netip.AddrPortFrom(addr, m.Port)
	if _, mux := m.Attribute("rtcp-mux"); mux {
		return rtp, rtp, "" // RFC 5761 §5.1.3: whatever a=rtcp says for those who cannot
	}
	text, ok = m.Attribute("rtcp")
	if !ok {
		return rtp, netip.AddrPortFrom(addr, m.Port+1), ""
	}
	// RFC 3605: a port, and perhaps an address of its own.
	port, rest, _ := strings.Cut(text, " ")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return rtp, rtcp, "a=rtcp has no port"
	}
	if rest != "" {
		if addr, problem = connection(rest); problem != "" {
			return rtp, rtcp, problem
		}
	}
	return rtp, netip.AddrPortFrom(addr, uint16(n)), ""
}

// connection reads "IN IP4 198.51.100.7". A name would have to be looked up,
// and a group would multiply what we send; neither occurs between SIP peers.
func connection(text string) (netip.Addr, string) {
	var fields [3]string
	if words(text, fields[:]) != len(fields) || fields[0] != "IN" {
		return netip.Addr{}, "c= is not of the form IN IP4 address"
	}
	addr, err := netip.ParseAddr(fields[2])
	switch {
	case err != nil || addr.Zone() != "":
		return addr, "c= holds no unicast address"
	case addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return addr, "c= holds a group address"
	}
	return addr.Unmap(), ""
}
