package lync

import (
	"math"
	"slices"
)

// sampleRate of narrow-band audio, 1/s.
const sampleRate = 8000

// amplitude of a tone of ours, of 32,768: three of them fit into one mix.
const amplitude = 8000

// oscillator makes a sine wave without a break between frames.
type oscillator struct {
	step, phase float64
}

func newOscillator(hz float64) oscillator { return oscillator{step: 2 * math.Pi * hz / sampleRate} }

// next fills a frame.
func (o *oscillator) next(frame []int16) {
	for i := range frame {
		frame[i] = int16(amplitude * math.Sin(o.phase))
		o.phase = math.Mod(o.phase+o.step, 2*math.Pi)
	}
}

// spectrum measures single frequencies in one stretch of audio.
type spectrum struct {
	samples []float64 // windowed
	scale   float64
}

// newSpectrum takes samples under a Hann window, so that a tone stays within two
// lines of its own however it falls between them.
func newSpectrum(samples []int16) spectrum {
	s := spectrum{samples: make([]float64, len(samples))}
	for i, v := range samples {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(samples)))
		s.samples[i] = w * float64(v)
		s.scale += w
	}
	return s
}

// power of one frequency: amplitude squared (Goertzel's algorithm).
func (s spectrum) power(hz float64) float64 {
	if len(s.samples) == 0 {
		return 0
	}
	w := 2 * math.Pi * hz / sampleRate
	coefficient := 2 * math.Cos(w)
	var before, last float64
	for _, v := range s.samples {
		before, last = last, v+coefficient*last-before
	}
	power := last*last + before*before - coefficient*last*before
	return 4 * max(power, 0) / (s.scale * s.scale)
}

// The noise is what lies between the tones in the telephone band. Nine tenths of
// the probes are no louder: G.711 distorts a pure tone into many weak ones, which
// are to count as noise, and a few strong ones nobody told us of are not.
const (
	noiseFrom, noiseTo, noiseStep = 310, 3390, 37
	noiseGuard                    = 30 // Hz on both sides of a tone
	leastPower                    = 1e-3
)

func (s spectrum) noise(tones []float64) float64 {
	var powers []float64
	for hz := float64(noiseFrom); hz < noiseTo; hz += noiseStep {
		near := slices.ContainsFunc(tones, func(t float64) bool { return math.Abs(t-hz) < noiseGuard })
		if !near {
			powers = append(powers, s.power(hz))
		}
	}
	slices.Sort(powers)
	return powers[len(powers)*9/10]
}

// levels are the tones' powers over the noise in decibel; 0 is no more than
// noise. Digital silence has no noise: a least power stands in for it.
func (s spectrum) levels(tones []float64) []float64 {
	noise := s.noise(tones) + leastPower
	out := make([]float64, len(tones))
	for i, hz := range tones {
		out[i] = 10 * math.Log10((s.power(hz)+leastPower)/noise)
	}
	return out
}
