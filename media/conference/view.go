package conference

import (
	"time"

	"fedge/media/rtp"
)

// view is what one member sees: one stream of its own, whoever is on stage.
// Sequence numbers run on without a gap over switches; timestamps follow the
// wall clock over them and the sender's within.
type view struct {
	current *Member // who is seen
	wanted  *Member // who should be, from the next key frame on

	started   bool
	sequence  uint16    // newest that was sent
	timestamp uint32    // newest that was sent
	at        time.Time // when

	// From the current sender's numbers to ours.
	seqShift  uint16
	timeShift uint32
	first     uint16 // the switch; what is older belongs to another picture
	newest    uint16 // of the sender
	removed   uint16 // the sender's last packet that had nothing for this viewer
	before    uint16 // seqShift for packets older than removed

	out rtp.Header // scratch
}

func (v *view) forget(m *Member) {
	if v.current == m {
		v.current = nil
	}
	if v.wanted == m {
		v.wanted = nil
	}
}

// turnTo makes header's packet the next one of this view.
func (v *view) turnTo(m *Member, now time.Time, header *rtp.Header) {
	next := header.Timestamp // a view's first picture keeps its timestamp
	if v.started {
		step := max(uint32(now.Sub(v.at).Seconds()*rtp.VideoClock), 1)
		next = v.timestamp + step
	} else {
		v.sequence = header.SequenceNumber - 1
	}
	v.current = m
	v.timeShift = next - header.Timestamp
	v.seqShift = v.sequence + 1 - header.SequenceNumber
	v.before, v.removed = v.seqShift, header.SequenceNumber-1
	v.first, v.newest = header.SequenceNumber, header.SequenceNumber-1
	v.started = true
}

// trail keeps the marks within half the circle behind the newest packet.
func (v *view) trail(newest uint16) {
	const far = 1 << 14
	if rtp.SeqDistance(v.first, newest) > far {
		v.first = newest - far
	}
	if rtp.SeqDistance(v.removed, newest) > far {
		v.before, v.removed = v.seqShift, newest-far
	}
}

// show rewrites one packet of the current sender and sends it.
func (m *Member) show(now time.Time, header *rtp.Header, payload []byte) {
	v := &m.view
	in := header.SequenceNumber
	if rtp.SeqDistance(v.first, in) < 0 {
		return // late, and from before the switch
	}
	fresh := rtp.SeqDistance(v.newest, in) > 0
	if fresh {
		v.newest = in
		v.trail(in)
	}
	shift := v.seqShift
	if rtp.SeqDistance(in, v.removed) > 0 {
		shift = v.before
	}
	if !m.out.Layers {
		if payload = rtp.StripPACSI(payload); payload == nil {
			if fresh { // close the gap, or the viewer takes it for loss
				v.before, v.removed = v.seqShift, in
				v.seqShift--
			}
			return
		}
	}
	v.out = rtp.Header{
		Version: 2, Marker: header.Marker,
		SequenceNumber: in + shift, Timestamp: header.Timestamp + v.timeShift,
	}
	if rtp.SeqDistance(v.sequence, v.out.SequenceNumber) > 0 {
		v.sequence, v.timestamp, v.at = v.out.SequenceNumber, v.out.Timestamp, now
	}
	m.out.Video(&v.out, payload)
}
