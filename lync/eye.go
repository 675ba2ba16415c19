package lync

import (
	"io"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
	"fedge/result"
)

// maxAccessUnit bounds what is kept of one frame.
const maxAccessUnit = 1 << 20

// eye receives video: it puts frames together, reads their counters, and writes
// the stream out if somebody wants to decode it.
type eye struct {
	ssrc uint32    // ours, in requests
	out  io.Writer // Annex B, from the first key frame on; or nil

	mu      sync.Mutex
	payload uint8
	depack  rtp.Depacketiser
	started bool
	seq     uint16
	source  uint32
	unit    []byte // the access unit under way, Annex B
	slices  int
	key     bool
	spoilt  bool // something of it is missing
	writing bool

	frames   int64
	keys     int64
	counters []int64 // first and last
	stalled  int64   // counters that did not advance
	lost     bool    // a key frame is needed
	request  uint16
}

func newEye(ssrc uint32, out io.Writer) *eye { return &eye{ssrc: ssrc, out: out, request: 1} }

func (e *eye) agree(payload uint8) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.payload = payload
}

// see takes the payload of one packet.
func (e *eye) see(h *rtp.Header, payload []byte, _ time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h.PayloadType != e.payload || len(payload) == 0 {
		return
	}
	switch ahead := rtp.SeqDistance(e.seq, h.SequenceNumber); {
	case !e.started || h.SSRC != e.source:
		e.started, e.source = true, h.SSRC
		e.drop()
	case ahead <= 0:
		return // late: what it belonged to is gone
	case ahead > 1:
		e.drop()
		e.spoilt, e.lost = true, true
	}
	e.seq = h.SequenceNumber
	units, err := e.depack.Units(payload)
	if err != nil {
		e.spoilt = true
	}
	for _, u := range units {
		e.take(u)
	}
	if h.Marker {
		e.finish()
	}
}

func (e *eye) drop() {
	e.depack.Lost()
	e.unit, e.slices, e.key = e.unit[:0], 0, false
}

// take adds a NAL unit to the frame under way.
func (e *eye) take(u []byte) {
	switch kind := rtp.NALType(u); kind {
	case rtp.NALPACSI, rtp.NALPrefix: // about the stream, not of it
		return
	case rtp.NALIDR, rtp.NALSlice:
		e.slices++
		e.key = e.key || kind == rtp.NALIDR
	case rtp.NALSEI:
		if n, ok := frameCounter(u); ok && !e.spoilt {
			e.counter(int64(n))
		}
	}
	if len(e.unit)+len(u) > maxAccessUnit {
		e.spoilt = true
		return
	}
	e.unit = rtp.AppendUnit(e.unit, u)
}

func (e *eye) counter(n int64) {
	switch {
	case e.counters == nil:
		e.counters = []int64{n, n}
	case n <= e.counters[1]:
		e.stalled++
		e.counters[1] = n
	default:
		e.counters[1] = n
	}
}

// finish ends a frame.
func (e *eye) finish() {
	if !e.spoilt && e.slices > 0 {
		e.frames++
		if e.key {
			e.keys++
			e.writing = true
		}
		if e.out != nil && e.writing {
			if _, err := e.out.Write(e.unit); err != nil {
				e.out = nil
			}
		}
	}
	e.spoilt = false
	e.unit, e.slices, e.key = e.unit[:0], 0, false
}

// ask is what goes with every report: the video that we want, and a key frame
// when a picture was lost. A Lync client asks again and again.
func (e *eye) ask() []rtcp.Packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lost {
		e.request++
	}
	v := &rtp.VideoSourceRequest{
		SenderSSRC: e.ssrc, MediaSSRC: rtp.SourceAny, Source: rtp.SourceAny, RequestID: e.request, KeyFrame: e.lost,
		Entries: []rtp.VideoEntry{{
			PayloadType: e.payload, Mode: 1, Flags: 2, Aspects: rtp.Aspect4x3 | rtp.Aspect16x9, Width: 1280, Height: 720,
			MinBitRate: 350_000, BitRatePerLevel: 10_000, BitRates: [10]uint16{1}, FrameRates: rtp.FPS15 | rtp.FPS30,
			May: 1, Qualities: [8]uint16{1}, MaxPixels: 1280 * 720,
		}},
	}
	packets := []rtcp.Packet{v}
	if e.lost && e.source != 0 {
		packets = append(packets, &rtp.MSPLI{SenderSSRC: e.ssrc, MediaSSRC: e.source, RequestID: e.request, Layers: [8]byte{1}})
	}
	e.lost = false
	return packets
}

// report adds what was seen.
func (e *eye) report(m *result.Media) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.FramesReceived = e.frames
	m.FrameCounter = append([]int64(nil), e.counters...)
}

// seen is what came of the video so far.
type seen struct{ frames, keys, stalled int64 }

func (e *eye) seen() seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return seen{e.frames, e.keys, e.stalled}
}
