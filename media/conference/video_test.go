package conference

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/media/rtp"
)

// screen is what a viewer received.
type screen struct {
	packets []rtp.Packet
	asked   int // key frames that were asked of this participant's camera
}

func (s *screen) outlets(layers bool) Outlets {
	return Outlets{
		Video: func(h *rtp.Header, payload []byte) {
			s.packets = append(s.packets, rtp.Packet{Header: *h, Payload: slices.Clone(payload)})
		},
		KeyFrame: func() { s.asked++ },
		Layers:   layers,
	}
}

// story tells what was shown: who (the second byte of each payload) and, in
// capitals, key frames. It checks that sequence numbers have no gap and that
// time does not run backwards.
func (s *screen) story(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for i, p := range s.packets {
		if i > 0 {
			last := s.packets[i-1]
			if step := rtp.SeqDistance(last.SequenceNumber, p.SequenceNumber); step != 1 {
				t.Errorf("packet %d: sequence number moved by %d", i, step)
			}
			if rtp.TimeDistance(last.Timestamp, p.Timestamp) < 0 {
				t.Errorf("packet %d: timestamp went back", i)
			}
		}
		who := string(rune('a' + p.Payload[1]))
		if rtp.StartsKeyFrame(p.Payload) {
			who = string(rune('A' + p.Payload[1]))
		}
		text.WriteString(who)
	}
	return text.String()
}

// camera sends one packet a frame, every third of a second.
type camera struct {
	id        byte
	member    *Member
	ssrc      uint32
	seq       uint16
	timestamp uint32
}

func (c *camera) send(now time.Time, nal uint8) {
	h := rtp.Header{Version: 2, SSRC: c.ssrc, SequenceNumber: c.seq, Timestamp: c.timestamp, Marker: true}
	c.seq++
	c.timestamp += rtp.VideoClock / 50
	c.member.See(now, &h, []byte{nal, c.id, 0})
}

// studio is a conference of n with cameras and screens.
type studio struct {
	*Conference
	now     time.Time
	cameras []*camera
	screens []*screen
}

func newStudio(n int) *studio {
	s := &studio{Conference: New(), now: noon}
	for i := range n {
		s.add(i)
	}
	return s
}

func (s *studio) add(i int) {
	view := new(screen)
	cam := &camera{id: byte(i), ssrc: uint32(100 + i), seq: uint16(65530 + 1000*i), timestamp: uint32(i) * 1e9}
	cam.member = s.Join(view.outlets(false))
	s.cameras, s.screens = append(s.cameras, cam), append(s.screens, view)
}

// run plays frames, 20 ms each: every camera sends a key frame when it was
// asked for one, else a slice.
func (s *studio) run(frames int) {
	for range frames {
		for i, c := range s.cameras {
			if s.screens[i].asked > 0 {
				s.screens[i].asked = 0
				c.send(s.now, rtp.NALIDR)
			} else {
				c.send(s.now, rtp.NALSlice)
			}
		}
		s.now = s.now.Add(Tick)
		s.Tick(s.now)
	}
}

func TestVideoFollowsTheFloor(t *testing.T) {
	s := newStudio(3)
	s.run(6)
	// Nobody has spoken: the first to join is on stage, and sees the second.
	for i, want := range []string{"Bbbbb", "Aaaaa", "Aaaaa"} {
		if got := s.screens[i].story(t); got != want {
			t.Errorf("%d sees %s, want %s", i, got, want)
		}
	}
	s.floor.give(s.cameras[2].member)
	s.run(60)
	for i, want := range []string{"C", "C", "A"} {
		story := s.screens[i].story(t)
		if last := story[len(story)-1]; string(last-'a'+'A') != want {
			t.Errorf("%d sees %s at the end: %s", i, string(last), story)
		}
		seen := byte(0)
		for _, c := range []byte(story) {
			upper := c &^ 0x20
			if upper != seen && c != upper {
				t.Errorf("%d: a switch without a key frame: %s", i, story)
			}
			seen = upper
		}
	}
}

// Until the key frame comes, the old picture runs on; the request is repeated.
func TestSwitchWaitsForTheKeyFrame(t *testing.T) {
	s := newStudio(3)
	s.run(10)
	s.floor.give(s.cameras[1].member)
	asked := 0
	for range 60 { // 1.2 s without a key frame from the new speaker
		s.now = s.now.Add(Tick)
		s.Tick(s.now)
		asked += s.screens[1].asked
		s.screens[1].asked = 0
		s.cameras[0].send(s.now, rtp.NALSlice)
		s.cameras[1].send(s.now, rtp.NALSlice)
	}
	story := s.screens[2].story(t)
	if story[len(story)-1] != 'a' {
		t.Errorf("c sees %s", story)
	}
	if asked < 2 || asked > 4 {
		t.Errorf("asked %d times in 1.2 s", asked)
	}
}

func TestLateViewerAsks(t *testing.T) {
	s := newStudio(2)
	s.run(40)
	s.add(2)
	s.run(40)
	story := s.screens[2].story(t)
	if story == "" || story[0] != 'A' {
		t.Errorf("who came late sees %q", story)
	}
	s.screens[0].asked = 0
	s.now = s.now.Add(time.Second)
	for range 10 {
		s.cameras[2].member.LostPicture(s.now)
	}
	if s.screens[0].asked != 1 {
		t.Errorf("ten losses asked for %d key frames", s.screens[0].asked)
	}
	s.cameras[0].member.LostPicture(s.now) // sees b
	if s.screens[1].asked != 1 {
		t.Errorf("the other camera was asked %d times", s.screens[1].asked)
	}
}

// Who leaves, or stops sending, is replaced; with nobody left nothing is sent.
func TestVideoEnds(t *testing.T) {
	s := newStudio(3)
	s.run(30)
	s.Leave(s.cameras[0].member)
	s.cameras, s.screens = s.cameras[1:], s.screens[1:]
	s.run(30)
	story := s.screens[1].story(t)
	if story[len(story)-1] != 'b' {
		t.Errorf("c sees %s", story)
	}
	s.now = s.now.Add(alive)
	s.Tick(s.now)
	if s.cameras[1].member.view.current != nil {
		t.Error("a dead source is still on stage")
	}
	s.run(30) // it comes back, and opens with a key frame
	s.screens[1].story(t)
	s.cameras[0].ssrc += 7 // a new SSRC needs a pause and a key frame
	before := len(s.screens[1].packets)
	s.run(5)
	if len(s.screens[1].packets) != before {
		t.Error("a second SSRC was shown beside the first")
	}
	s.now = s.now.Add(settled)
	s.run(30)
	if story = s.screens[1].story(t); len(s.screens[1].packets) == before || story[before] != 'B' {
		t.Errorf("after the change of SSRC c sees %s", story[before:])
	}
}

func TestReceiveOnlyAndSendOnly(t *testing.T) {
	c := New()
	var seen, none int
	watcher := c.Join(Outlets{Video: func(*rtp.Header, []byte) { seen++ }})
	silent := c.Join(Outlets{KeyFrame: func() { none++ }})
	cam := &camera{member: silent}
	now := noon
	for range 100 {
		cam.send(now, rtp.NALIDR)
		now = now.Add(Tick)
		c.Tick(now)
	}
	if seen == 0 || watcher.view.current != silent {
		t.Errorf("the watcher saw %d packets", seen)
	}
	watcher.LostPicture(now)
	silent.LostPicture(now)
	if none == 0 {
		t.Error("the camera was never asked")
	}
}

// PACSI packets reach a viewer that knows layers, and leave no gap for one
// that does not.
func TestPACSIIsStripped(t *testing.T) {
	c := New()
	lync, plain := new(screen), new(screen)
	c.Join(lync.outlets(true))
	c.Join(plain.outlets(false))
	cam := &camera{member: c.Join((&screen{}).outlets(true)), seq: 65000}
	now := noon
	pacsi := rtp.PACSI(rtp.Layout{Width: 640, Height: 360})
	for i := range 40000 { // far enough for marks to wrap
		h := rtp.Header{SequenceNumber: cam.seq, Timestamp: cam.timestamp}
		switch {
		case i%100 == 0 && i < 2000:
			cam.member.See(now, &h, pacsi)
			cam.seq++
			cam.send(now, rtp.NALIDR)
		default:
			cam.send(now, rtp.NALSlice)
		}
		now = now.Add(Tick)
		c.Tick(now)
	}
	if story := lync.story(t); len(story) < 40000 || rtp.NALType(lync.packets[0].Payload) != rtp.NALPACSI {
		t.Errorf("who knows layers got %d packets, the first of type %d", len(story), rtp.NALType(lync.packets[0].Payload))
	}
	if story := plain.story(t); len(story) < 39000 || story[0] != 'A' {
		t.Errorf("who does not got %d packets: %.10s…", len(story), story)
	}
	for _, p := range plain.packets {
		if rtp.NALType(p.Payload) == rtp.NALPACSI {
			t.Fatal("a PACSI came through")
		}
	}
}

// Loss and disorder before the conference look the same behind it.
func TestVideoLossAndDisorder(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := New()
		view := new(screen)
		c.Join(view.outlets(false))
		m := c.Join((&screen{}).outlets(false))
		now := noon
		first := uint16(rnd.Uint32())
		var sent []uint16
		for i := range 3000 {
			now = now.Add(5 * time.Millisecond)
			c.Tick(now)
			if i > 0 && rnd.IntN(20) == 0 {
				continue // lost
			}
			sent = append(sent, uint16(i))
		}
		for i := 2; i+3 < len(sent); i += 3 {
			if rnd.IntN(5) == 0 {
				rnd.Shuffle(3, func(a, b int) { sent[i+a], sent[i+b] = sent[i+b], sent[i+a] })
			}
		}
		nal := uint8(rtp.NALIDR)
		for n, seq := range sent {
			h := rtp.Header{SequenceNumber: first + seq, Timestamp: uint32(seq) * 450}
			payload := []byte{nal, 0, byte(seq >> 8), byte(seq)}
			if n == 0 {
				m.See(now, &h, payload)
				c.Tick(now) // the view turns to it now
			}
			m.See(now, &h, payload)
			if nal = rtp.NALSlice; n == 0 {
				continue
			}
		}
		base := view.packets[0].SequenceNumber
		seen := map[uint16]bool{}
		for _, p := range view.packets {
			original := uint16(p.Payload[2])<<8 | uint16(p.Payload[3])
			if p.SequenceNumber-base != original {
				t.Fatalf("seed %d: packet %d came out as %d", seed, original, p.SequenceNumber-base)
			}
			seen[original] = true
		}
		if len(seen) != len(sent) {
			t.Fatalf("seed %d: %d of %d came through", seed, len(seen), len(sent))
		}
	}
}

// A flood of stripped packets and random order never makes two packets share a
// number for long, and never panics.
func FuzzVideo(f *testing.F) {
	f.Add([]byte{5, 1, 1, 30, 7, 24, 28})
	f.Fuzz(func(t *testing.T, script []byte) {
		c := New()
		view := new(screen)
		c.Join(view.outlets(false))
		m := c.Join((&screen{}).outlets(true))
		other := c.Join((&screen{}).outlets(true))
		now := noon
		for i, b := range script {
			from := m
			if b&0x80 != 0 {
				from = other
			}
			h := rtp.Header{SequenceNumber: uint16(i) - uint16(b>>5&3), SSRC: uint32(b >> 6 & 1)}
			from.See(now, &h, []byte{b & 31, b, 1, 2, 3})
			now = now.Add(Tick)
			c.Tick(now)
			if b == 77 {
				c.Leave(other)
			}
			view.packets = view.packets[max(0, len(view.packets)-10):]
		}
	})
}

func BenchmarkForward(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("viewers=%d", n), func(b *testing.B) {
			c := New()
			m := c.Join((&screen{}).outlets(true))
			count := 0
			for range n {
				c.Join(Outlets{Video: func(*rtp.Header, []byte) { count++ }})
			}
			h := rtp.Header{SSRC: 1}
			payload := append([]byte{rtp.NALIDR}, make([]byte, 1100)...)
			m.See(noon, &h, payload)
			c.Tick(noon)
			b.ReportAllocs()
			for b.Loop() {
				h.SequenceNumber++
				m.See(noon, &h, payload)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(count, 1)), "ns/forwarded")
		})
	}
}

func BenchmarkMix(b *testing.B) {
	for _, talking := range []int{3, 50} {
		b.Run(fmt.Sprintf("50 participants, %d talk", talking), func(b *testing.B) {
			c := New()
			var members []*Member
			for range 50 {
				members = append(members, c.Join(Outlets{}))
			}
			coded := rtp.MuLaw.Encode(nil, slice(9000))
			b.ReportAllocs()
			timestamp := uint32(0)
			for b.Loop() {
				for _, m := range members[:talking] {
					m.Hear(timestamp, rtp.MuLaw, coded)
				}
				timestamp += rtp.Frame
				c.Tick(noon)
				for _, m := range members {
					m.Audio(rtp.MuLaw)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/participant")
		})
	}
}
