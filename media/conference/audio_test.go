package conference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fedge/media/rtp"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// tone is a source of one frequency, coded in packets of n samples.
type tone struct {
	law   rtp.Law
	hertz float64
	peak  float64
	at    uint32 // timestamp of the next packet
	from  uint32 // timestamp of the first one
}

func (s *tone) packet(n int) (timestamp uint32, coded []byte) {
	samples := make([]int16, n)
	for i := range samples {
		t := float64(s.at-s.from+uint32(i)) / rtp.AudioClock
		samples[i] = int16(s.peak * math.Sin(2*math.Pi*s.hertz*t))
	}
	timestamp, s.at = s.at, s.at+uint32(n)
	return timestamp, s.law.Encode(nil, samples)
}

// power is how strong one frequency is in samples, by Goertzel's algorithm, in
// dB over a full-scale sine's.
func power(samples []int16, hertz float64) float64 {
	w := 2 * math.Pi * hertz / rtp.AudioClock
	var s1, s2 float64
	for _, s := range samples {
		s1, s2 = float64(s)+2*math.Cos(w)*s1-s2, s1
	}
	p := s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2
	n := float64(len(samples))
	return 10 * math.Log10(4*p/(n*n)/(32768*32768)+1e-12)
}

// Three participants, each with a frequency and a law of its own: each hears
// the others and not itself, 40 dB apart.
func TestEachHearsTheOthers(t *testing.T) {
	c := New()
	tones := []*tone{
		{law: rtp.MuLaw, hertz: 440, peak: 8000},
		{law: rtp.ALaw, hertz: 700, peak: 8000, at: 1 << 30, from: 1 << 30},
		{law: rtp.MuLaw, hertz: 1100, peak: 8000, at: math.MaxUint32 - 8000, from: math.MaxUint32 - 8000}, // wraps
	}
	var members []*Member
	for range tones {
		members = append(members, c.Join(Outlets{}))
	}
	listener := c.Join(Outlets{})
	got := make([][]int16, len(tones)+1)
	for tick := range 250 {
		for i, s := range tones {
			timestamp, coded := s.packet(rtp.Frame)
			members[i].Hear(timestamp, s.law, coded)
		}
		c.Tick(noon.Add(time.Duration(tick) * Tick))
		if tick < 50 {
			continue // the start is silence
		}
		for i, s := range tones {
			got[i] = s.law.Decode(got[i], members[i].Audio(s.law))
		}
		got[3] = rtp.ALaw.Decode(got[3], listener.Audio(rtp.ALaw))
	}
	for i := range got {
		for j, s := range tones {
			level := power(got[i], s.hertz)
			if i == j && level > -60 {
				t.Errorf("participant %d hears itself at %.1f dB", i, level)
			}
			if i != j && (level < -13 || level > -11) { // 8000/32768 = -12.2 dB
				t.Errorf("participant %d hears %d at %.1f dB", i, j, level)
			}
		}
		if noise := power(got[i], 2000); noise > -55 {
			t.Errorf("participant %d hears noise at %.1f dB", i, noise)
		}
	}
}

func TestLoudTogetherSaturates(t *testing.T) {
	c := New()
	var members []*Member
	for range 5 {
		members = append(members, c.Join(Outlets{}))
	}
	loud := rtp.MuLaw.Encode(nil, slice(30000))
	for i := range 5 {
		for _, m := range members {
			m.Hear(uint32(i*rtp.Frame), rtp.MuLaw, loud)
		}
		c.Tick(noon)
	}
	for _, s := range rtp.MuLaw.Decode(nil, members[0].Audio(rtp.MuLaw)) {
		if s < 32000 {
			t.Fatalf("the sum became %d", s)
		}
	}
	for _, s := range rtp.ALaw.Decode(nil, members[0].Audio(rtp.ALaw)) {
		if s < 32000 {
			t.Fatalf("in A-law the sum became %d", s)
		}
	}
}

func slice(value int16) []int16 {
	s := make([]int16, rtp.Frame)
	for i := range s {
		s[i] = value
	}
	return s
}

func TestAlone(t *testing.T) {
	c := New()
	m := c.Join(Outlets{})
	for i := range 10 {
		m.Hear(uint32(i*rtp.Frame), rtp.MuLaw, rtp.MuLaw.Encode(nil, slice(8000)))
		c.Tick(noon)
		for _, s := range rtp.MuLaw.Decode(nil, m.Audio(rtp.MuLaw)) {
			if s != 0 {
				t.Fatalf("alone, and hears %d", s)
			}
		}
	}
	c.Leave(m)
	c.Leave(m)
	if c.Size() != 0 {
		t.Error("still there")
	}
}

// step is one packet in a test of the buffer: the n-th of a counting source.
type step struct {
	tick   int
	packet int
}

// The buffer plays each packet at its place whatever the order they came in,
// or silence where there is none. The n-th packet's samples are all n+1.
func TestBuffer(t *testing.T) {
	regular := func(drop ...int) (steps []step) {
		for i := range 12 {
			lost := false
			for _, d := range drop {
				lost = lost || d == i
			}
			if !lost {
				steps = append(steps, step{i, i})
			}
		}
		return steps
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  string // what is played from the first tick on; . is silence
	}{
		{"regular", regular(), "...abcdefghijkl.."},
		{"one lost", regular(3), "...abc.efghijkl.."},
		{"swapped", []step{{0, 0}, {1, 2}, {2, 1}, {3, 3}}, "...abcd.."},
		{"twice", []step{{0, 0}, {1, 1}, {1, 1}, {2, 2}}, "...abc.."},
		{"a little late", []step{{0, 0}, {4, 1}, {4, 2}, {4, 3}}, "...abcd.."},
		{"too late for its place", []step{{0, 0}, {1, 2}, {2, 3}, {5, 1}, {5, 4}}, "...a.cde.."},
		{"the stream stalls: it gets its delay again", []step{{0, 0}, {1, 1}, {8, 2}, {8, 3}, {8, 4}}, "...ab......cde.."},
		{"a burst of 12 is kept", []step{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {0, 9}, {0, 10}, {0, 11}}, "...abcdefghijkl.."},
		{"silence suppression", []step{{0, 0}, {1, 1}, {6, 6}, {7, 7}}, "...ab....gh.."},
		{"a jump of the clock", []step{{0, 0}, {1, 1}, {2, 50}, {3, 51}}, ".....YZ.."},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, base := range []uint32{0, 1000, math.MaxUint32 - 700} {
				var b buffer
				var played strings.Builder
				for tick := range len(c.want) {
					for _, s := range c.steps {
						if s.tick == tick {
							b.put(base+uint32(s.packet*rtp.Frame), rtp.MuLaw, coded(s.packet))
						}
					}
					played.WriteString(play(t, &b))
				}
				if played.String() != c.want {
					t.Errorf("from %d: played %s, want %s", base, played.String(), c.want)
				}
			}
		})
	}
}

// letters are sample values that survive µ-law, one a packet.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX" + "YZ"

func coded(packet int) []byte {
	b := make([]byte, rtp.Frame)
	for i := range b {
		b[i] = 0x80 + byte(packet)
	}
	return b
}

// play takes a frame and names it, if it is all of one packet.
func play(t *testing.T, b *buffer) string {
	t.Helper()
	var frame [rtp.Frame]int16
	b.take(&frame)
	for _, s := range frame {
		if s != frame[0] {
			t.Fatalf("a frame of mixed origin: %v", frame)
		}
	}
	if frame[0] == 0 {
		return "."
	}
	return string(letters[rtp.MuLaw.Encode(nil, frame[:1])[0]-0x80])
}

// Packets of any length work, also those that do not fit a tick.
func TestBufferLengths(t *testing.T) {
	for _, size := range []int{80, 160, 240, 320, 480, 1600} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			var b buffer
			s := tone{law: rtp.MuLaw, hertz: 1000, peak: 8000}
			var out []int16
			sent := 0
			for tick := range 300 {
				for sent <= tick*rtp.Frame {
					timestamp, coded := s.packet(size)
					b.put(timestamp, s.law, coded)
					sent += size
				}
				var frame [rtp.Frame]int16
				b.take(&frame)
				if tick >= 20 {
					out = append(out, frame[:]...)
				}
			}
			if level, other := power(out, 1000), power(out, 1300); level < -13 || other > -55 {
				t.Errorf("tone %.1f dB, beside it %.1f dB", level, other)
			}
		})
	}
}

// A sender whose clock runs fast never makes the delay grow beyond its limit,
// and one that runs slow is heard on.
func TestBufferDrift(t *testing.T) {
	for _, perMille := range []int{20, -20} {
		var b buffer
		at, due := uint32(0), 0
		silent := 0
		for tick := range 5000 {
			for due <= tick*1000 {
				b.put(at, rtp.MuLaw, coded(3))
				at += rtp.Frame
				due += 1000 - perMille
			}
			var frame [rtp.Frame]int16
			if !b.take(&frame) {
				silent++
			}
			if waiting := rtp.TimeDistance(b.play, b.head); waiting > longest {
				t.Fatalf("%d samples wait", waiting)
			}
		}
		if silent > 5000/10 {
			t.Errorf("%d per mille: silent in %d of 5000 ticks", perMille, silent)
		}
	}
}

// Whatever timestamps come, the buffer keeps its bounds and returns.
func FuzzBuffer(f *testing.F) {
	f.Add(uint64(1), 160)
	f.Fuzz(func(t *testing.T, seed uint64, size int) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var b buffer
		var frame [rtp.Frame]int16
		at := rnd.Uint32()
		for range 200 {
			if size >= 0 && size < 5000 {
				b.put(at, rtp.ALaw, make([]byte, size))
			}
			at += []uint32{160, 160, 160, 320, rnd.Uint32(), 1<<32 - 160, 4000}[rnd.IntN(7)]
			b.take(&frame)
			if waiting := rtp.TimeDistance(b.play, b.head); b.started && (waiting > longest || waiting < -ringSize*4) {
				t.Fatalf("%d samples wait", waiting)
			}
		}
	})
}
