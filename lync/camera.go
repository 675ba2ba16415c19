package lync

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
)

// payloadSize is the most that a video packet carries.
const payloadSize = 1200

// camera decides whether a client's video runs. Like a Lync client it sends
// nothing until somebody has asked for it by a video source request.
type camera struct {
	note func(rule, detail string)

	mu       sync.Mutex
	payload  uint8 // what the answer agreed on
	wanted   bool
	key      bool // a key frame was asked for
	request  uint16
	requests int
	pli      uint16 // id of the last Lync PLI
}

// feedback takes RTCP of the peer.
func (c *camera) feedback(p rtcp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch p := p.(type) {
	case *rtp.VideoSourceRequest:
		c.asked(p)
	case *rtp.MSPLI:
		if p.RequestID != c.pli || c.pli == 0 { // a repetition asks for nothing new
			c.key = true
		}
		c.pli = p.RequestID
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		c.key = true
	}
}

// asked takes a video source request ([MS-RTP] 2.2.12).
func (c *camera) asked(v *rtp.VideoSourceRequest) {
	if v.Source == rtp.SourceNone {
		c.wanted = false
		return
	}
	why := "it has no entry"
	for _, e := range v.Entries {
		switch {
		case e.PayloadType != c.payload:
			why = fmt.Sprintf("its payload type is %d instead of %d", e.PayloadType, c.payload)
		case e.Width < ClipWidth || e.Height < ClipHeight:
			why = fmt.Sprintf("%d×%d is smaller than what we can send", e.Width, e.Height)
		case e.Must+e.May == 0:
			why = "it wants no instance"
		default:
			// A new request begins with a key frame; a repetition changes nothing.
			if !c.wanted || v.RequestID != c.request && v.KeyFrame {
				c.key = true
			}
			c.wanted, c.request = true, v.RequestID
			c.requests++
			return
		}
	}
	c.note("vsr", "a video source request cannot be met: "+why)
}

// next says whether a frame is due and whether it must be a key frame.
func (c *camera) next() (wanted, key bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted, key = c.wanted, c.key
	if wanted {
		c.key = false
	}
	return wanted, key
}

func (c *camera) agree(payload uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.payload = payload
}

// frameStep is a frame's length in timestamp units.
const frameStep = rtp.VideoClock / ClipRate

// film plays the clip in a loop into a stream while the camera says so, until
// quit is closed. The counter goes on across loops; a request for a key frame
// skips to the next one.
func film(s *stream, c *camera, film clip, quit <-chan struct{}) {
	pace := newPacer(time.Second / ClipRate)
	defer pace.stop()
	timestamp := rand.Uint32()
	at, loops := 0, uint32(0)
	for pace.wait(quit) {
		timestamp += frameStep
		wanted, key := c.next()
		if !wanted {
			continue
		}
		if key {
			next := film.nextKey(at)
			if next < at {
				loops++
			}
			at = next
		}
		sendFrame(s, film.frames[at], loops*ClipFrames+uint32(at), timestamp)
		if at++; at == len(film.frames) {
			at, loops = 0, loops+1
		}
	}
}

// sendFrame sends one access unit; the PACSI with the stream's layout comes
// before anything else of a key frame ([MS-H264PF] 3.1.5).
func sendFrame(s *stream, f clipFrame, counter, timestamp uint32) {
	units := f.access(counter)
	var payloads [][]byte
	if f.key {
		payloads = append(payloads, rtp.PACSI(rtp.Layout{
			Width: ClipWidth, Height: ClipHeight, BitRate: 200_000, FrameRate: 2, DONC: 1, Units: uint8(len(units)),
		}))
	}
	payloads = append(payloads, rtp.Packetise(units, payloadSize)...)
	for i, p := range payloads {
		s.send(p, timestamp, i == len(payloads)-1) // the marker ends a frame
	}
}
