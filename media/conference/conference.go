// Package conference is a room without sockets: audio of all participants in,
// one N-1 mix for each out; video of the speaker in, rewritten for the others.
// Time comes in as a parameter, packets go out through functions, and nothing
// here blocks, so that a node can drive many rooms from one clock.
//
// A Conference has one owner at a time; the node holds a lock around it.
package conference

import (
	"slices"
	"time"

	"fedge/media/rtp"
)

// Tick is how often Conference.Tick wants to be called.
const Tick = 20 * time.Millisecond

// Conference is one room.
type Conference struct {
	members []*Member // by joining
	floor   floor     // who speaks, who spoke

	sum    [rtp.Frame]int32 // of everybody who is heard in this tick
	common [2]encoded       // the sum for those who are not part of it, by law
	mixed  [rtp.Frame]int16 // scratch
	own    [rtp.Frame]byte  // scratch: a mix for one who speaks
	stage  [2]*Member       // whose video the others see, and what that one sees
}

// encoded is a mix that many share.
type encoded struct {
	ready bool
	frame [rtp.Frame]byte
}

// Outlets are the ways out of a conference towards one participant. They are
// called while the conference works and must neither block nor call it back.
type Outlets struct {
	// Video takes a packet of the speaker's video. Sequence number, timestamp
	// and marker are set, the rest of the header is the receiver's own. It keeps
	// neither argument. nil: the participant gets no video.
	Video func(header *rtp.Header, payload []byte)
	// KeyFrame asks the participant's sender for a key frame. nil: it sends no video.
	KeyFrame func()
	// Layers tells that the participant reads Lync's scalability units; for
	// others they are taken out.
	Layers bool
}

// Member is one participant in a conference.
type Member struct {
	conference *Conference
	out        Outlets
	buffer     buffer
	frame      [rtp.Frame]int16 // this tick's audio
	heard      bool             // frame holds more than silence
	level      float64          // smoothed power of what it says
	source     source           // its video
	view       view             // what it sees of others
}

// New makes an empty conference.
func New() *Conference { return new(Conference) }

// Join adds a participant.
func (c *Conference) Join(out Outlets) *Member {
	m := &Member{conference: c, out: out}
	c.members = append(c.members, m)
	c.floor.join(m)
	return m
}

// Leave removes a participant. Leaving twice is no error.
func (c *Conference) Leave(m *Member) {
	i := slices.Index(c.members, m)
	if i < 0 {
		return
	}
	c.members = slices.Delete(c.members, i, i+1)
	c.floor.leave(m)
	for _, other := range c.members {
		other.view.forget(m)
	}
	c.stage = [2]*Member{}
}

// Change replaces a participant's ways out, after a new offer and answer.
func (m *Member) Change(out Outlets) { m.out = out }

// Size is how many participants there are.
func (c *Conference) Size() int { return len(c.members) }

// Speaker is who has the floor; nil before anybody has spoken.
func (c *Conference) Speaker() *Member { return c.floor.speaker }

// Tick mixes the next 20 ms, decides who has the floor and asks for the key
// frames that somebody waits for. Then Member.Audio gives each its mix.
func (c *Conference) Tick(now time.Time) {
	clear(c.sum[:])
	c.common[0].ready, c.common[1].ready = false, false
	for _, m := range c.members {
		m.listen()
		if m.heard {
			for i, s := range m.frame {
				c.sum[i] += int32(s)
			}
		}
	}
	c.floor.tick(c.members)
	c.direct(now)
}
