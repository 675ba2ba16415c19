package lync

import (
	"math/rand/v2"
	"time"

	"fedge/media/rtp"
)

// frameTime is how much audio a packet holds.
const frameTime = 20 * time.Millisecond

// speak plays a tone into a stream, 20 ms a packet, until quit is closed. It
// keeps to the clock: a late packet is followed by the next one on time.
func speak(s *stream, hz float64, quit <-chan struct{}) {
	tone := newOscillator(hz)
	frame := make([]int16, rtp.Frame)
	coded := make([]byte, 0, rtp.Frame)
	timestamp := rand.Uint32()
	ticker := newPacer(frameTime)
	defer ticker.stop()
	first := true
	for ticker.wait(quit) {
		if hz != 0 {
			tone.next(frame)
		}
		coded = law(s).Encode(coded[:0], frame)
		if s.send(coded, timestamp, first) { // the marker begins a talkspurt, RFC 3551 §4.1
			first = false
		} else {
			first = true
		}
		timestamp += rtp.Frame
	}
}

// law is how the stream's packets are coded.
func law(s *stream) rtp.Law {
	if _, encoding := s.format(); encoding == "PCMA/8000" {
		return rtp.ALaw
	}
	return rtp.MuLaw
}

// pacer ticks at planned times: ticks that were missed come at once, up to a
// few, and then it forgets what it is behind.
type pacer struct {
	every time.Duration
	next  time.Time
	timer *time.Timer
}

// maxBehind is how many ticks a pacer makes up for.
const maxBehind = 10

func newPacer(every time.Duration) *pacer {
	return &pacer{every: every, next: time.Now(), timer: time.NewTimer(0)}
}

// wait waits for the next tick; false when quit was closed.
func (p *pacer) wait(quit <-chan struct{}) bool {
	select {
	case <-quit:
		return false
	case <-p.timer.C:
	}
	p.next = p.next.Add(p.every)
	if behind := time.Since(p.next); behind > maxBehind*p.every {
		p.next = time.Now()
	}
	p.timer.Reset(time.Until(p.next))
	return true
}

func (p *pacer) stop() { p.timer.Stop() }
