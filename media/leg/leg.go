// Package leg is one participant's side of the media, stream by stream and
// without sockets: protection (SRTP), where packets go, statistics, RTCP, and
// asking for video in the language of the far end. Datagrams come in through
// Handle with their source, and go out as bytes with their destination, so
// that ICE can later decide about both.
//
// A Stream has one owner at a time; the node holds a lock around it.
package leg

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/srtp/v3"

	"fedge/media/rtp"
	"fedge/media/sdp"
)

// maxSources bounds the SSRCs that one far end may use in a stream: Lync
// reserves 100 for video.
const maxSources = 128

// Stream is one m-line of a participant.
type Stream struct {
	agreed sdp.Stream
	cname  string
	random *rand.Rand // for intervals; nothing secret

	in, out       *srtp.Context // nil: no key yet, or plain
	previous      *srtp.Context // in's predecessor until the first packet under the new key
	inKey, outKey sdp.Key

	rtp, rtcp destination
	sources   map[uint32]*rtp.Reception
	header    rtp.Header // of the packet that came last, ours or not
	source    uint32     // who sent the last believed one

	// Sending.
	leaving   rtp.Header // scratch
	sequence  uint16
	timestamp uint32 // of the last packet that was due
	sentAt    time.Time
	sent      uint32 // packets
	octets    uint32
	muted     bool // the far end's VSR wants no video
	request   uint16

	// Asking for video.
	ask    bool // for a key frame
	asking uint16
	next   time.Time // when a VSR may be repeated
	video  time.Time // when the last packet came

	report time.Time // when the next one is due
	heard  time.Time // the last packet that was believed
	counts Counts
}

// Counts is what a stream saw.
type Counts struct {
	Packets uint64 // RTP packets that were believed
	Forged  uint64 // failed authentication
	Refused uint64 // replayed, malformed, from a stranger, or in an unknown format
}

// destination is where packets of one kind go.
type destination struct {
	told    netip.AddrPort // as the far end described it
	to      netip.AddrPort // as we do it: told, until a believed packet came from elsewhere
	latched bool           // a packet has confirmed to
}

// New makes a stream as it was agreed, or as we offer it. cname names us in
// RTCP and must be the same for all streams of a session.
func New(agreed sdp.Stream, cname string, now time.Time) (*Stream, error) {
	s := &Stream{
		cname:   cname,
		random:  rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		sources: map[uint32]*rtp.Reception{},
		heard:   now, next: now,
		sequence: uint16(rand.Uint32()), timestamp: rand.Uint32(),
	}
	s.report = now.Add(s.interval() / 2) // RFC 3550 §6.2: the first comes early
	return s, s.Agree(agreed, now)
}

// Agree takes the outcome of a later offer and answer. Keys that stay the same
// keep their state, and a destination that the far end does not change keeps
// what was learned about it.
func (s *Stream) Agree(agreed sdp.Stream, now time.Time) error {
	keyless := s.in == nil
	if err := s.rekey(agreed); err != nil {
		return err
	}
	resumed := agreed.Direction&^s.agreed.Direction&sdp.Receive != 0
	if resumed || keyless { // only from now on can the far end be silent
		s.heard, s.next = now, now
	}
	s.agreed = agreed
	s.rtp.tell(agreed.Remote)
	s.rtcp.tell(agreed.RemoteRTCP)
	return nil
}

func (d *destination) tell(told netip.AddrPort) {
	if told.IsValid() && told != d.told { // invalid: on hold, it will come back
		*d = destination{told: told, to: told}
	}
}

// rekey makes the contexts that the agreed keys need.
func (s *Stream) rekey(agreed sdp.Stream) (err error) {
	if agreed.Plain {
		s.in, s.out, s.previous = nil, nil, nil
		return nil
	}
	if s.out == nil || s.outKey != agreed.Key {
		if s.out, err = protection(agreed.Key); err != nil {
			return err
		}
		s.outKey = agreed.Key
	}
	if agreed.Crypto.Key == (sdp.Key{}) {
		return nil // our own offer; the far end's key comes with its answer
	}
	if s.in == nil || s.inKey != agreed.Crypto.Key {
		s.previous = s.in
		if s.in, err = protection(agreed.Crypto.Key); err != nil {
			return err
		}
		s.inKey = agreed.Crypto.Key
	}
	return nil
}

// protection is SRTP and SRTCP under one master key. The window is larger than
// RFC 3711's 64: a key frame is a hundred packets in one burst.
func protection(k sdp.Key) (*srtp.Context, error) {
	return srtp.CreateContext(k.Master(), k.Salt(), srtp.ProtectionProfileAes128CmHmacSha1_80,
		srtp.SRTPReplayProtection(256), srtp.SRTCPReplayProtection(64))
}

// Agreed is what the stream does now.
func (s *Stream) Agreed() sdp.Stream { return s.agreed }

// Expects tells whether the far end has reason to send us media.
func (s *Stream) Expects() bool { return s.agreed.Direction&sdp.Receive != 0 }

// Heard is when the far end last proved to be there, by RTP or RTCP.
func (s *Stream) Heard() time.Time { return s.heard }

// Counts is what the stream saw so far.
func (s *Stream) Counts() Counts { return s.counts }

// Quality is the reception of the source that sent most.
func (s *Stream) Quality() (best rtp.Quality) {
	for _, r := range s.sources {
		if q := r.Quality(); q.Received >= best.Received {
			best = q
		}
	}
	return best
}

func (s *Stream) clock() uint32 {
	if s.agreed.Kind == sdp.Video {
		return rtp.VideoClock
	}
	return rtp.AudioClock
}
