package lync

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"fedge/media/rtp"
)

// earRoom is how many samples an ear remembers: five seconds.
const earRoom = 5 * sampleRate

// maxGap is how many missing samples are filled with silence. A longer jump, in
// either direction, is a pause or another sender.
const maxGap = sampleRate

// ear keeps the latest audio of one receiver in the order of its timestamps.
type ear struct {
	mu      sync.Mutex
	ring    [earRoom]int16
	total   int    // samples heard since the start
	next    uint32 // the timestamp that comes next
	started bool
	scratch []int16
	waiting []earWait
}

// earWait wakes somebody when total reaches at.
type earWait struct {
	at   int
	wake chan struct{}
}

// maxListeners bounds how many wait at once.
const maxListeners = 16

// hear takes the payload of one packet.
func (e *ear) hear(law rtp.Law, timestamp uint32, payload []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.started {
		e.started, e.next = true, timestamp
	}
	switch ahead := rtp.TimeDistance(e.next, timestamp); {
	case ahead < 0 && ahead >= -maxGap: // late: its place was filled
		return
	case ahead >= 0 && ahead <= maxGap:
		for range ahead {
			e.put(0)
		}
	}
	e.scratch = law.Decode(e.scratch[:0], payload)
	for _, v := range e.scratch {
		e.put(v)
	}
	e.next = timestamp + uint32(len(e.scratch))
	left := e.waiting[:0]
	for _, w := range e.waiting {
		if e.total >= w.at {
			close(w.wake)
		} else {
			left = append(left, w)
		}
	}
	e.waiting = left
}

func (e *ear) put(v int16) {
	e.ring[e.total%earRoom] = v
	e.total++
}

// latest copies the last n samples, fewer if there are no more.
func (e *ear) latest(n int) []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.copy(e.total-n, e.total)
}

// copy returns the samples from one count to another, as far as they are there.
func (e *ear) copy(from, to int) []int16 {
	from = max(from, 0, e.total-earRoom)
	out := make([]int16, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		out = append(out, e.ring[i%earRoom])
	}
	return out
}

// listen waits for d of new audio and returns it. Closing over ends the wait.
func (e *ear) listen(ctx context.Context, over <-chan struct{}, d time.Duration) ([]int16, error) {
	n := int(d.Seconds() * sampleRate)
	if n < sampleRate/10 || n > earRoom {
		return nil, fmt.Errorf("lync: can listen for 100 ms to %d s, not for %s", earRoom/sampleRate, d)
	}
	e.mu.Lock()
	if len(e.waiting) >= maxListeners {
		e.mu.Unlock()
		return nil, fmt.Errorf("lync: %d are listening to this call already", maxListeners)
	}
	from := e.total
	w := earWait{from + n, make(chan struct{})}
	e.waiting = append(e.waiting, w)
	e.mu.Unlock()
	select {
	case <-w.wake:
	case <-over:
	case <-ctx.Done():
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = slices.DeleteFunc(e.waiting, func(other earWait) bool { return other.wake == w.wake })
	if e.total < w.at {
		err := &FailedError{Why: fmt.Sprintf("heard %d ms of the %s asked for", (e.total-from)*1000/sampleRate, d), Err: context.Cause(ctx)}
		return nil, err
	}
	return e.copy(from, w.at), nil
}

// measure reports the tones in a stretch of audio.
func measure(samples []int16, own float64, tones []float64) (levels map[float64]float64, ownLevel float64) {
	all := append([]float64{own}, tones...)
	if own == 0 {
		all = all[1:]
	}
	got := newSpectrum(samples).levels(all)
	levels, ownLevel = make(map[float64]float64, len(tones)), math.NaN()
	for i, hz := range all {
		if i == 0 && own != 0 {
			ownLevel = got[0]
			continue
		}
		levels[hz] = got[i]
	}
	return levels, ownLevel
}
