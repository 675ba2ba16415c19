package lync

import (
	"bytes"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
)

func TestClip(t *testing.T) {
	c, err := loadClip()
	if err != nil {
		t.Fatal(err)
	}
	if len(clipBytes) > 100_000 {
		t.Errorf("the film has %d bytes", len(clipBytes))
	}
	n := uint32(0)
	for unit := range rtp.Units(clipBytes) {
		if counter, ok := frameCounter(unit); ok {
			if counter != n {
				t.Fatalf("frame %d says %d", n, counter)
			}
			n++
		}
	}
	if n != ClipFrames {
		t.Errorf("%d counters", n)
	}
	for i, f := range c.frames {
		if f.key != (i%ClipRate == 0) || f.key && (rtp.NALType(f.units[0]) != rtp.NALSPS || len(f.units) != 3) {
			t.Errorf("frame %d: key %v, %d units", i, f.key, len(f.units))
		}
	}
	if c.nextKey(1) != ClipRate || c.nextKey(0) != 0 || c.nextKey(ClipFrames-1) != 0 {
		t.Error("nextKey")
	}
}

func TestReadBlocks(t *testing.T) {
	gray := make([]byte, ClipWidth*ClipHeight)
	for _, x := range []int{22, 110} { // bits 0 and 2
		gray[36*ClipWidth+x] = 230
	}
	gray[108*ClipWidth+66] = 230 // bit 5
	if n, ok := ReadBlocks(gray); !ok || n != 1+4+32 {
		t.Errorf("%d, %v", n, ok)
	}
	gray[36*ClipWidth+22] = 128
	if n, ok := ReadBlocks(gray); ok {
		t.Errorf("gray was read as %d", n)
	}
	if _, ok := ReadBlocks(gray[1:]); ok {
		t.Error("half a picture was read")
	}
}

// TestCameraWaits: no video without a request that can be met.
func TestCameraWaits(t *testing.T) {
	entry := rtp.VideoEntry{PayloadType: 122, Width: 1280, Height: 720, May: 1}
	vsr := func(id uint16, e ...rtp.VideoEntry) *rtp.VideoSourceRequest {
		return &rtp.VideoSourceRequest{Source: rtp.SourceAny, RequestID: id, Entries: e}
	}
	small, other, none := entry, entry, entry
	small.Width = 160
	other.PayloadType = 121
	none.May = 0
	keyed := vsr(8, entry)
	keyed.KeyFrame = true
	off := vsr(9)
	off.Source = rtp.SourceNone
	for _, c := range []struct {
		name        string
		asked       []rtcp.Packet
		wanted, key bool
		notes       int
	}{
		{name: "nobody asked"},
		{name: "a PLI is no request", asked: []rtcp.Packet{&rtcp.PictureLossIndication{}}, key: true},
		{name: "asked", asked: []rtcp.Packet{vsr(7, entry)}, wanted: true, key: true},
		{name: "second entry fits", asked: []rtcp.Packet{vsr(7, other, entry)}, wanted: true, key: true},
		{name: "too small", asked: []rtcp.Packet{vsr(7, small)}, notes: 1},
		{name: "other codec", asked: []rtcp.Packet{vsr(7, other)}, notes: 1},
		{name: "no instance", asked: []rtcp.Packet{vsr(7, none)}, notes: 1},
		{name: "no entry", asked: []rtcp.Packet{vsr(7)}, notes: 1},
		{name: "stopped", asked: []rtcp.Packet{vsr(7, entry), nil, off}},
		{name: "repeated", asked: []rtcp.Packet{vsr(7, entry), nil, vsr(7, entry)}, wanted: true},
		{name: "key frame by VSR", asked: []rtcp.Packet{vsr(7, entry), nil, keyed}, wanted: true, key: true},
		{name: "key frame by VSR, repeated", asked: []rtcp.Packet{vsr(7, entry), keyed, nil, keyed}, wanted: true},
		{name: "PLI", asked: []rtcp.Packet{vsr(7, entry), nil, &rtcp.PictureLossIndication{}}, wanted: true, key: true},
		{name: "FIR", asked: []rtcp.Packet{vsr(7, entry), nil, &rtcp.FullIntraRequest{}}, wanted: true, key: true},
		{name: "Lync's PLI", asked: []rtcp.Packet{vsr(7, entry), nil, &rtp.MSPLI{RequestID: 3}}, wanted: true, key: true},
		{name: "Lync's PLI, repeated", asked: []rtcp.Packet{vsr(7, entry), &rtp.MSPLI{RequestID: 3}, nil, &rtp.MSPLI{RequestID: 3}}, wanted: true},
	} {
		notes := 0
		cam := &camera{payload: 122, note: func(string, string) { notes++ }}
		for _, p := range c.asked {
			if p == nil { // a frame goes by
				cam.next()
				continue
			}
			cam.feedback(p)
		}
		if wanted, key := cam.next(); wanted != c.wanted || key != c.key || notes != c.notes {
			t.Errorf("%s: wanted %v, key %v, %d notes", c.name, wanted, key, notes)
		}
	}
}

// tape keeps a stream and says when it holds n frames.
type tape struct {
	mu     sync.Mutex
	bytes  bytes.Buffer
	frames int
	want   int
	full   chan struct{}
}

func (v *tape) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.frames++; v.frames == v.want {
		close(v.full)
	}
	return v.bytes.Write(p)
}

// videoPair connects two clients to each other, video only.
func videoPair(t *testing.T, out *tape) (sender, receiver *media) {
	open := func(to *tape) *media {
		m, err := openMedia(mediaConfig{
			address: netip.MustParseAddr("127.0.0.1"), video: true, ssrc: newSSRC(), callID: "call", videoTo: to,
			note: func(rule, detail string) { t.Errorf("%s: %s", rule, detail) },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.stop)
		return m
	}
	sender, receiver = open(&tape{}), open(out)
	connect := func(m, to *media) {
		at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port) }
		m.start([]accepted{{
			AnswerMedia: AnswerMedia{Kind: "video", RTP: at(portOf(to.video.pair.rtp)), RTCP: at(portOf(to.video.pair.rtcp)), Direction: "sendrecv"},
			send:        crypto{tag: 3, key: m.video.key}, receive: crypto{tag: 3, key: to.video.key}, payload: 122, encoding: "X-H264UC/90000",
		}})
	}
	connect(sender, receiver)
	connect(receiver, sender)
	return sender, receiver
}

func TestVideoOverSockets(t *testing.T) {
	t.Parallel()
	out := &tape{want: 20, full: make(chan struct{})}
	_, receiver := videoPair(t, out)
	select {
	case <-out.full:
	case <-time.After(20 * time.Second):
		t.Fatalf("saw %+v", receiver.eye.seen())
	}
	q := receiver.quality()
	if len(q) != 2 || q[1].Kind != "video" || q[1].FramesReceived < 20 || len(q[1].FrameCounter) != 2 || q[1].PacketsLost != 0 {
		t.Fatalf("%+v", q)
	}
	if span := q[1].FrameCounter[1] - q[1].FrameCounter[0]; span < 19 || receiver.eye.seen().stalled != 0 {
		t.Errorf("counters %v, %+v", q[1].FrameCounter, receiver.eye.seen())
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	units := slices.Collect(rtp.Units(out.bytes.Bytes()))
	if rtp.NALType(units[0]) != rtp.NALSPS {
		t.Errorf("the stream begins with type %d", rtp.NALType(units[0]))
	}
}

func TestEyeNoticesLoss(t *testing.T) {
	film, err := loadClip()
	if err != nil {
		t.Fatal(err)
	}
	e := newEye(1, nil)
	e.agree(122)
	seq := uint16(65530)
	show := func(n int, lose bool) {
		payloads := rtp.Packetise(film.frames[n].access(uint32(n)), payloadSize)
		for i, p := range payloads {
			if seq++; lose && i == 0 {
				continue
			}
			e.see(&rtp.Header{PayloadType: 122, SSRC: 5, SequenceNumber: seq, Marker: i == len(payloads)-1}, p, time.Now())
		}
	}
	show(0, false)
	show(1, false)
	if got := e.ask(); len(got) != 1 {
		t.Errorf("asked for a key frame without need: %v", got)
	}
	show(2, true)
	show(3, false)
	if s := e.seen(); s.frames != 3 || s.keys != 1 {
		t.Errorf("%+v", s)
	}
	asked := e.ask()
	if len(asked) != 2 || !asked[0].(*rtp.VideoSourceRequest).KeyFrame {
		t.Errorf("after a loss: %v", asked)
	}
	if got := e.ask(); len(got) != 1 {
		t.Errorf("asked twice: %v", got)
	}
}
