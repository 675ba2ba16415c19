package rtp

import (
	"time"

	"github.com/pion/rtcp"
)

// Limits of RFC 3550 appendix A.1. Its probation is left out: our sources are
// authenticated, and a harness wants the first packet counted too.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// Reception keeps what a receiver knows about one source: extended sequence
// numbers, loss and jitter as RFC 3550 appendices A.1, A.3 and A.8 define them.
// The zero value is not ready; use NewReception.
type Reception struct {
	clock float64

	started  bool
	epoch    time.Time // arrivals are counted from here
	base     uint16
	max      uint16
	cycles   uint32
	bad      uint32 // where a second packet would prove a restart; 1<<16 = nowhere
	received uint64 // since base
	before   uint64 // received before base, when the source restarted
	lost     uint64 // lost before base

	transit float64
	jitter  float64

	expectedPrior uint64
	receivedPrior uint64

	lastSR   uint32    // middle 32 bits of the last sender report's NTP time
	lastSRAt time.Time // when it came
}

// NewReception starts statistics for a source whose timestamps count clock
// units a second.
func NewReception(clock uint32) *Reception {
	return &Reception{clock: float64(clock), bad: 1 << 16}
}

// Packet counts one arrived packet. It reports false when the sequence number
// makes no sense yet: it jumped and no second packet has confirmed the jump.
func (r *Reception) Packet(seq uint16, timestamp uint32, at time.Time) bool {
	if !r.started {
		r.started, r.epoch = true, at
		r.restart(seq)
	}
	if !r.update(seq) {
		return false
	}
	r.measure(timestamp, at)
	return true
}

// update is update_seq of RFC 3550 A.1.
func (r *Reception) update(seq uint16) bool {
	delta := seq - r.max
	switch {
	case delta < maxDropout:
		if seq < r.max {
			r.cycles += 1 << 16
		}
		r.max = seq
	case uint32(delta) <= 1<<16-maxMisorder:
		if uint32(seq) != r.bad {
			r.bad = uint32(seq+1) & 0xffff
			return false
		}
		// Two in a row: the other side restarted without telling us.
		r.lost += r.expected() - min(r.expected(), r.received)
		r.before += r.received
		r.restart(seq)
	}
	r.received++
	return true
}

func (r *Reception) restart(seq uint16) {
	r.base, r.max, r.cycles, r.bad = seq, seq, 0, 1<<16
	r.received, r.receivedPrior, r.expectedPrior = 0, 0, 0
	r.transit = 0
}

// measure is RFC 3550 A.8; transit 0 means that no packet was measured yet.
func (r *Reception) measure(timestamp uint32, at time.Time) {
	arrival := uint32(int64(at.Sub(r.epoch).Seconds() * r.clock))
	// The circle is cut once, at the first packet, so that transit stays small.
	transit := float64(int32(arrival - timestamp))
	if r.received > 1 {
		r.jitter += (abs(wrap(transit-r.transit)) - r.jitter) / 16
	}
	r.transit = transit
}

// wrap brings a difference of two transits back onto the 32-bit circle.
func wrap(d float64) float64 { return float64(int32(int64(d))) }

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

func (r *Reception) expected() uint64 {
	if !r.started {
		return 0
	}
	return uint64(r.cycles) + uint64(r.max) - uint64(r.base) + 1
}

// SenderReport notes an SR, so that the next report block can say when it came.
func (r *Reception) SenderReport(ntp uint64, at time.Time) {
	r.lastSR, r.lastSRAt = uint32(ntp>>16), at
}

// Quality is a summary of what arrived since the start.
type Quality struct {
	Received uint64        // packets
	Lost     uint64        // packets that were expected and did not come
	Jitter   time.Duration // interarrival jitter, RFC 3550 §6.4.1
}

// Loss is the fraction lost, 0 to 1.
func (q Quality) Loss() float64 {
	if q.Lost == 0 {
		return 0
	}
	return float64(q.Lost) / float64(q.Lost+q.Received)
}

// Quality summarises the source since its start.
func (r *Reception) Quality() Quality {
	expected := r.expected()
	return Quality{
		Received: r.before + r.received,
		Lost:     r.lost + expected - min(expected, r.received),
		Jitter:   time.Duration(r.jitter / r.clock * float64(time.Second)),
	}
}

// Report makes the block of an SR or RR about this source and starts the next
// interval (RFC 3550 A.3). It reports false when there is nothing to say yet.
func (r *Reception) Report(ssrc uint32, now time.Time) (rtcp.ReceptionReport, bool) {
	expected := r.expected()
	if expected == 0 {
		return rtcp.ReceptionReport{}, false
	}
	lost := int64(expected) - int64(r.received)
	block := rtcp.ReceptionReport{
		SSRC:               ssrc,
		TotalLost:          uint32(min(max(lost, 0), 0x7fffff)),
		LastSequenceNumber: r.cycles + uint32(r.max),
		Jitter:             uint32(r.jitter),
		LastSenderReport:   r.lastSR,
	}
	interval := int64(expected - r.expectedPrior)
	missing := interval - int64(r.received-r.receivedPrior)
	if interval > 0 && missing > 0 {
		block.FractionLost = uint8(min(missing<<8/interval, 255))
	}
	r.expectedPrior, r.receivedPrior = expected, r.received
	if !r.lastSRAt.IsZero() {
		block.Delay = uint32(now.Sub(r.lastSRAt).Seconds() * 65536)
	}
	return block, true
}

// NTP is a time as RTCP writes it: seconds since 1900 in 32.32 fixed point
// (RFC 3550 §4).
func NTP(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}
