package conference

import "fedge/media/rtp"

// What a jitter buffer holds, in samples of 125 µs.
const (
	ringSize = 4096           // 512 ms: nothing later than that is kept
	delay    = 3 * rtp.Frame  // played so long after the packet that starts a spurt
	longest  = 15 * rtp.Frame // more waiting than this: skip back to delay
	patience = 50             // ticks without audio after which the next packet starts anew
)

// buffer evens out the arrival of one participant's audio. It is a ring of
// samples indexed by RTP timestamp, so that any packet length, order, gap or
// silence fits, and its size is the bound on what a peer can make us keep.
type buffer struct {
	ring    [ringSize]int16
	started bool
	play    uint32 // timestamp of the next sample to go out
	head    uint32 // timestamp after the newest sample
	starved int    // ticks since there was something to play
}

// put takes a packet's worth of coded samples.
func (b *buffer) put(timestamp uint32, law rtp.Law, coded []byte) {
	if len(coded) == 0 || len(coded) > ringSize/2 {
		return
	}
	end := timestamp + uint32(len(coded))
	ahead := rtp.TimeDistance(b.play, timestamp)
	newest := rtp.TimeDistance(b.head, end) > 0
	switch {
	case !b.started || ahead > ringSize-int64(len(coded)) || ahead < -ringSize:
		b.restart(timestamp)
	case ahead < 0 && newest:
		// The stream itself runs late, not one packet: give it its delay again.
		b.play, b.head = timestamp-delay, timestamp
	case ahead < 0:
		return // a late one; its place was played already
	}
	b.write(timestamp, law, coded)
	if rtp.TimeDistance(b.head, end) > 0 {
		b.head = end
	}
	if waiting := rtp.TimeDistance(b.play, b.head); waiting > longest {
		b.skip(int(waiting - delay))
	}
}

func (b *buffer) restart(timestamp uint32) {
	clear(b.ring[:])
	b.started, b.starved = true, 0
	b.play, b.head = timestamp-delay, timestamp
}

func (b *buffer) write(timestamp uint32, law rtp.Law, coded []byte) {
	at := timestamp % ringSize
	n := min(len(coded), int(ringSize-at))
	law.Decode(b.ring[at:at:at+uint32(n)], coded[:n])
	if n < len(coded) {
		law.Decode(b.ring[0:0:len(coded)-n], coded[n:])
	}
}

// skip throws away the next n samples.
func (b *buffer) skip(n int) {
	for range n {
		b.ring[b.play%ringSize] = 0
		b.play++
	}
}

// take moves the next frame out, silence where nothing came. It reports
// whether there was anything.
func (b *buffer) take(frame *[rtp.Frame]int16) bool {
	if !b.started {
		return false
	}
	if rtp.TimeDistance(b.play, b.head) <= 0 {
		b.play += rtp.Frame
		if b.starved++; b.starved > patience {
			b.started = false
		}
		return false
	}
	b.starved = 0
	at := b.play % ringSize
	n := copy(frame[:], b.ring[at:])
	copy(frame[n:], b.ring[:])
	b.skip(rtp.Frame)
	return true
}
