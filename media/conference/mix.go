package conference

import (
	"math"

	"fedge/media/rtp"
)

// quiet is the largest sample that still counts as silence: what A-law's
// smallest code becomes, and a little noise.
const quiet = 16

// Hear takes a participant's audio: the samples of one packet, coded by law.
func (m *Member) Hear(timestamp uint32, law rtp.Law, coded []byte) {
	m.buffer.put(timestamp, law, coded)
}

// listen takes the member's next frame and measures it.
func (m *Member) listen() {
	m.heard = false
	power := 0.0
	if m.buffer.take(&m.frame) {
		for _, s := range m.frame {
			m.heard = m.heard || s > quiet || s < -quiet
			power += float64(s) * float64(s)
		}
		power /= rtp.Frame
	}
	// Fast up, slow down: a word counts at once, a pause between words does not.
	rate := 1.0 / 8
	if power > m.level {
		rate = 1.0 / 4
	}
	m.level += (power - m.level) * rate
}

// Audio is the member's mix for the last tick: everybody but itself, coded by
// law. It is valid until the next call to Audio or Tick.
func (m *Member) Audio(law rtp.Law) []byte {
	c := m.conference
	if m.heard {
		for i := range c.mixed {
			c.mixed[i] = saturate(c.sum[i] - int32(m.frame[i]))
		}
		return law.Encode(c.own[:0], c.mixed[:])
	}
	// Most only listen, and they all hear the same.
	shared := &c.common[law&1]
	if !shared.ready {
		for i := range c.mixed {
			c.mixed[i] = saturate(c.sum[i])
		}
		law.Encode(shared.frame[:0], c.mixed[:])
		shared.ready = true
	}
	return shared.frame[:]
}

func saturate(v int32) int16 {
	return int16(min(max(v, math.MinInt16), math.MaxInt16))
}
