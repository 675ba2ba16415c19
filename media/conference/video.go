package conference

import (
	"time"

	"fedge/media/rtp"
)

// How video is switched.
const (
	alive   = 2 * time.Second        // a source that sent nothing for so long has no video
	retry   = 500 * time.Millisecond // between two requests for a key frame
	settled = 500 * time.Millisecond // a source changes its SSRC only after so much silence
)

// source is what a member sends.
type source struct {
	heard time.Time // of the last packet at all; zero: none ever
	ssrc  uint32    // whose packets are forwarded
	last  time.Time // of the last one of those
	need  bool      // somebody waits for a key frame
	asked time.Time // when it was last asked for one
}

// See takes a packet of a member's video and forwards it to those who watch.
// It changes neither header nor payload and keeps neither.
func (m *Member) See(now time.Time, header *rtp.Header, payload []byte) {
	fresh := !m.source.live(now)
	m.source.heard = now
	if fresh {
		m.conference.cast(now) // so that its first key frame is not missed
	}
	opens := opensPicture(payload)
	ours, anew := m.source.belongs(now, header.SSRC, opens)
	if !ours {
		return
	}
	for _, viewer := range m.conference.members {
		if viewer == m || viewer.out.Video == nil {
			continue
		}
		if seen := viewer.view.current == m; seen && anew || !seen && opens && viewer.view.wanted == m {
			viewer.view.turnTo(m, now, header)
		}
		if viewer.view.current == m {
			viewer.show(now, header, payload)
		}
	}
}

// opensPicture tells where a viewer may be switched: at a key frame, or at the
// PACSI with the stream layout that Lync sends before one.
func opensPicture(payload []byte) bool {
	if rtp.StartsKeyFrame(payload) {
		return true
	}
	_, layout := rtp.ReadPACSI(payload)
	return layout
}

// belongs picks the one SSRC that is forwarded: a Lync sender may use several,
// one a layer, and the one with the key frames is the base. It reports whether
// the packet is of that one, and whether a new one starts with it.
func (s *source) belongs(now time.Time, ssrc uint32, opens bool) (ours, anew bool) {
	if s.last.IsZero() || ssrc != s.ssrc && now.Sub(s.last) >= settled {
		if s.need = !opens; !opens {
			return false, false // in the middle of a picture; wait for the next
		}
		s.ssrc, anew = ssrc, true
	}
	if ssrc != s.ssrc {
		return false, false
	}
	s.last = now
	s.need = s.need && !opens
	return true, anew
}

func (s *source) live(now time.Time) bool {
	return !s.heard.IsZero() && now.Sub(s.heard) < alive
}

// direct decides who is on stage and asks for the key frames that takes.
func (c *Conference) direct(now time.Time) {
	c.cast(now)
	for _, m := range c.members {
		m.ask(now)
	}
}

// cast decides who is on stage and tells the viewers whom to wait for.
func (c *Conference) cast(now time.Time) {
	c.stage = [2]*Member{}
	n := 0
	for _, m := range c.floor.history {
		if m.out.KeyFrame != nil && m.source.live(now) && n < len(c.stage) {
			c.stage[n] = m
			n++
		}
	}
	for _, viewer := range c.members {
		if viewer.out.Video == nil {
			continue
		}
		wanted := c.stage[0]
		if wanted == viewer {
			wanted = c.stage[1] // nobody watches himself: the previous speaker, or nobody
		}
		viewer.view.wanted = wanted
		if wanted == nil {
			viewer.view.current = nil
		} else if viewer.view.current != wanted {
			wanted.source.need = true
		}
	}
}

// ask passes a need for a key frame on, not too often.
func (m *Member) ask(now time.Time) {
	s := &m.source
	if !s.need || m.out.KeyFrame == nil || now.Sub(s.asked) < retry {
		return
	}
	s.asked = now
	m.out.KeyFrame()
}

// LostPicture tells that a viewer cannot decode what it sees: it asked for a
// key frame.
func (m *Member) LostPicture(now time.Time) {
	if seen := m.view.current; seen != nil {
		seen.source.need = true
		seen.ask(now)
	}
}
