package node

import (
	"sync"
	"time"

	"fedge/media/conference"
	"fedge/media/leg"
	"fedge/media/rtp"
	"fedge/media/sdp"
)

// room is a conference with its lock.
type room struct {
	name     string
	sessions int // in it, reservations included; Node.mu guards it

	mu         sync.Mutex
	conference *conference.Conference
	present    []*participant
	scratch    [2048]byte // the packet being made
}

// run plays the ticks that are due: mixes, sends everybody's audio, and the
// RTCP whose time has come.
func (r *room) run(now time.Time, ticks int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if skipped := ticks - backlog; skipped > 0 {
		for _, p := range r.present {
			if p.audio != nil {
				p.audio.stream.Skip(skipped)
			}
		}
		ticks = backlog
	}
	for range ticks {
		r.conference.Tick(now)
		for _, p := range r.present {
			if l := p.audio; l != nil {
				coded := p.member.Audio(law(l.stream.Agreed().Codecs[0].Name))
				packet, to := l.stream.Audio(r.scratch[:0], coded, now)
				l.send(packet, to)
			}
		}
	}
	for _, p := range r.present {
		for _, l := range p.lines {
			packet, to := l.stream.Report(r.scratch[:0], now)
			l.control(packet, to)
			packet, to = l.stream.Ask(r.scratch[:0], now)
			l.control(packet, to)
		}
	}
}

func law(codec string) rtp.Law {
	if codec == sdp.PCMA {
		return rtp.ALaw
	}
	return rtp.MuLaw
}

// arrive takes what a line of p received to the conference.
func (r *room) arrive(p *participant, l *line, now time.Time, a leg.Arrived) {
	switch {
	case p.member == nil:
	case a.What == leg.Control:
		if a.KeyFrame {
			p.member.LostPicture(now)
		}
	case a.What != leg.Media:
	case l == p.audio:
		p.member.Hear(a.Header.Timestamp, a.Law, a.Payload)
	case l == p.video:
		p.member.See(now, a.Header, a.Payload)
	}
}

// outlets are the ways from the conference to p, as p's lines are now.
func (r *room) outlets(p *participant) conference.Outlets {
	l := p.video
	if l == nil {
		return conference.Outlets{}
	}
	var out conference.Outlets
	agreed := l.stream.Agreed()
	out.Layers = agreed.Codecs[0].Name == sdp.H264UC
	if agreed.Direction&sdp.Send != 0 {
		out.Video = func(h *rtp.Header, payload []byte) {
			packet, to := l.stream.Video(r.scratch[:0], h, payload, time.Now())
			l.send(packet, to)
		}
	}
	if agreed.Direction&sdp.Receive != 0 {
		out.KeyFrame = l.stream.KeyFrame
	}
	return out
}

// silent are the participants of whom nothing was heard for so long although
// they have reason to send.
func (r *room) silent(now time.Time, long time.Duration) (silent []*participant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.present {
		expects, quiet := false, true
		for _, l := range p.lines {
			expects = expects || l.stream.Expects()
			quiet = quiet && now.Sub(l.stream.Heard()) >= long
		}
		if expects && quiet {
			silent = append(silent, p)
		}
	}
	return silent
}
