package rtp

import (
	"math"
	"testing"
)

// The corners of ITU-T G.711 tables 1 and 2, scaled to 16 bits.
func TestG711Corners(t *testing.T) {
	for _, c := range []struct {
		law  Law
		code byte
		want int16
	}{
		{MuLaw, 0x00, -32124}, {MuLaw, 0x80, 32124}, {MuLaw, 0xFF, 0}, {MuLaw, 0x7F, 0},
		{MuLaw, 0xFE, 8}, {MuLaw, 0x8F, 16764}, {MuLaw, 0xF0, 120}, {MuLaw, 0xEF, 132},
		{ALaw, 0xD5, 8}, {ALaw, 0x55, -8}, {ALaw, 0xAA, 32256}, {ALaw, 0x2A, -32256},
		{ALaw, 0xC5, 264}, {ALaw, 0xDA, 248},
	} {
		if got := c.law.Decode(nil, []byte{c.code})[0]; got != c.want {
			t.Errorf("%v %#02x is %d, want %d", c.law, c.code, got, c.want)
		}
	}
}

// Every code survives decoding and encoding, but for µ-law's second zero.
func TestG711EveryCode(t *testing.T) {
	for _, law := range []Law{MuLaw, ALaw} {
		for code := range 256 {
			if law == MuLaw && code == 0x7F {
				continue // minus zero
			}
			samples := law.Decode(nil, []byte{byte(code)})
			if back := law.Encode(nil, samples)[0]; back != byte(code) {
				t.Errorf("%v %#02x comes back as %#02x (by %d)", law, code, back, samples[0])
			}
		}
	}
}

// A loud sine keeps the signal-to-noise ratio that G.712 asks for (33 dB).
func TestG711Noise(t *testing.T) {
	for _, law := range []Law{MuLaw, ALaw} {
		for _, peak := range []float64{30000, 3000} {
			in := make([]int16, 8000)
			for i := range in {
				in[i] = int16(peak * math.Sin(2*math.Pi*1013*float64(i)/8000))
			}
			out := law.Decode(nil, law.Encode(nil, in))
			var signal, noise float64
			for i := range in {
				signal += float64(in[i]) * float64(in[i])
				noise += float64(in[i]-out[i]) * float64(in[i]-out[i])
			}
			if db := 10 * math.Log10(signal/noise); db < 33 {
				t.Errorf("%v at peak %.0f: %.1f dB", law, peak, db)
			}
		}
	}
}

func TestG711Extremes(t *testing.T) {
	for _, law := range []Law{MuLaw, ALaw} {
		for _, s := range []int16{math.MinInt16, math.MaxInt16, -1, 0, 1} {
			got := law.Decode(nil, law.Encode(nil, []int16{s}))[0]
			if d := math.Abs(float64(got) - float64(s)); d > 1024 || (s < -8) != (got < -8) {
				t.Errorf("%v: %d became %d", law, s, got)
			}
		}
		if s := law.Decode(nil, []byte{law.Silence()})[0]; s > 8 || s < -8 {
			t.Errorf("%v: silence is %d", law, s)
		}
	}
}

func BenchmarkG711(b *testing.B) {
	in := make([]int16, Frame)
	code := make([]byte, 0, Frame)
	for b.Loop() {
		code = MuLaw.Encode(code[:0], in)
		in = MuLaw.Decode(in[:0], code)
	}
}
