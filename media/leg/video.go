package leg

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
	"fedge/media/sdp"
)

// A Lync sender is asked again after repeat while no video comes, and counts
// as stopped after absent.
const (
	repeat = time.Second
	absent = 2 * time.Second
)

// KeyFrame wants a key frame of the far end; Ask will say so.
func (s *Stream) KeyFrame() { s.ask = true }

// Ask makes the RTCP packet that asks the far end for video, when there is
// something to ask for: a Lync sender sends none before it has a VSR, so that
// is repeated until video comes; and a key frame is asked for once for each
// call of KeyFrame. An empty packet means there is nothing.
func (s *Stream) Ask(dst []byte, now time.Time) ([]byte, netip.AddrPort) {
	if s.agreed.Kind != sdp.Video || !s.Expects() {
		return nil, netip.AddrPort{}
	}
	lync := s.agreed.Codecs[0].Name == sdp.H264UC
	missing := lync && now.Sub(s.video) > absent && !now.Before(s.next)
	if !s.ask && !missing {
		return nil, netip.AddrPort{}
	}
	key := s.ask
	s.ask, s.next = false, now.Add(repeat)
	if !lync {
		// RTP/AVP knows no reduced size: the request rides on a report.
		return s.seal(dst, append(s.compound(now), &rtcp.PictureLossIndication{SenderSSRC: s.agreed.SSRC, MediaSSRC: s.source})...)
	}
	if key || s.asking == 0 {
		s.asking++
	}
	packets := []rtcp.Packet{s.wish(key)}
	if key {
		// Readers disagree about which bit of a VSR asks for a key frame; this
		// says it in another way.
		packets = append(packets, &rtp.MSPLI{SenderSSRC: s.agreed.SSRC, MediaSSRC: s.source, RequestID: s.asking, Layers: [8]byte{1}})
	}
	return s.seal(dst, packets...)
}

// wish is what we ask a Lync sender for: up to 720p, wide or not, without
// scalability, as every H.264 receiver behind us can read it.
func (s *Stream) wish(key bool) *rtp.VideoSourceRequest {
	return &rtp.VideoSourceRequest{
		SenderSSRC: s.agreed.SSRC, MediaSSRC: rtp.SourceAny,
		Source: rtp.SourceAny, RequestID: s.asking, KeyFrame: key,
		Entries: []rtp.VideoEntry{{
			PayloadType: s.agreed.Codecs[0].Receive, Mode: 1, Flags: 2, // constrained baseline only
			Aspects: rtp.Aspect4x3 | rtp.Aspect16x9, Width: 1280, Height: 720,
			MinBitRate: 350000, BitRatePerLevel: 10000, BitRates: [10]uint16{1},
			FrameRates: rtp.FPS7 | rtp.FPS12 | rtp.FPS15 | rtp.FPS25 | rtp.FPS30,
			May:        1, Qualities: [8]uint16{1}, MaxPixels: 1280 * 720,
		}},
	}
}
