package node

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"fedge/media/conference"
	"fedge/media/sdp"
	"fedge/media/session"
)

// discard is the port that a reserved session describes (RFC 863): nobody
// sends there, because its lines are inactive.
const discard = 9

// participant is one session.
type participant struct {
	node    *Node
	room    *room
	id      string
	lync    bool
	reserve bool

	mu       sync.Mutex // one request at a time; guards what follows
	closed   bool
	local    sdp.Local
	last     *sdp.Description // ours
	asked    string           // the offer that answer belongs to; "": it is our own
	answer   session.Answer
	accepted []byte       // the far end's last answer
	offered  []sdp.Stream // our own offer, while it is open
	agreed   []sdp.Stream

	// room.mu guards these.
	lines        map[int]*line // by m-line; none in a reserved session
	audio, video *line
	member       *conference.Member // nil: not in the conference (yet)
}

func newParticipant(n *Node, r *room, m session.Open) *participant {
	return &participant{
		node: n, room: r, id: m.ID, lync: m.Lync, reserve: m.Reserve,
		local: sdp.Local{Address: n.cfg.Public, Session: uint64(rand.Uint32()), Version: 1},
		lines: map[int]*line{},
	}
}

// describe answers an offer, or makes one when it is nil.
func (p *participant) describe(offer []byte) (session.Answer, error) {
	if offer == nil {
		return p.propose()
	}
	if p.last != nil && p.offered == nil && p.asked == string(offer) {
		return p.answer, nil // a repetition
	}
	return p.respond(string(offer))
}

// respond answers an offer.
func (p *participant) respond(offer string) (session.Answer, error) {
	d, err := sdp.Parse(offer)
	if err != nil {
		return session.Answer{}, err
	}
	streams, err := sdp.Choose(d, sdp.Policy{Plain: p.node.cfg.Plain, IPv4: p.node.cfg.Bind.Unmap().Is4()})
	if err != nil {
		return session.Answer{}, err
	}
	made, err := p.furnish(streams)
	if err != nil {
		return session.Answer{}, err
	}
	if err := p.connect(streams, made); err != nil {
		return session.Answer{}, err
	}
	p.offered, p.agreed, p.asked = nil, streams, offer
	return p.write(func(l sdp.Local) *sdp.Description { return sdp.Answer(d, streams, l) }), nil
}

// propose makes an offer of our own: audio and video at first, later what was
// agreed, with both directions open. Accept puts it into effect.
func (p *participant) propose() (session.Answer, error) {
	if p.offered != nil {
		return p.answer, nil // a repetition
	}
	streams := slices.Clone(p.agreed)
	if p.last == nil {
		streams = sdp.Offered(p.lync, sdp.Audio, sdp.Video)
	}
	for i := range streams {
		streams[i].Direction = sdp.Both
	}
	made, err := p.furnish(streams)
	if err != nil {
		return session.Answer{}, err
	}
	p.start(made)
	p.offered, p.asked = streams, ""
	return p.write(func(l sdp.Local) *sdp.Description { return sdp.Offer(p.last, streams, l) }), nil
}

// accept puts our own offer into effect as the far end answered it.
func (p *participant) accept(answer []byte) error {
	if p.offered == nil {
		return &sdp.SyntaxError{Problem: "an answer, but no offer is open"}
	}
	d, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	streams, err := sdp.ReadAnswer(p.offered, d)
	if err != nil {
		return err
	}
	if err := p.connect(streams, nil); err != nil {
		return err
	}
	p.offered, p.agreed, p.accepted = nil, streams, bytes.Clone(answer)
	return nil
}

// furnish gives each stream its port, key and SSRC: those it has, or new ones.
// It returns the lines it made; on an error it has made none.
func (p *participant) furnish(streams []sdp.Stream) (made map[int]*line, err error) {
	made = map[int]*line{}
	for i := range streams {
		s := &streams[i]
		if before := p.before(s); before != nil {
			s.Port, s.Key, s.SSRC = before.Port, before.Key, before.SSRC
		} else {
			// 100 numbers above must be free for x-ssrc-range.
			s.Port, s.Key, s.SSRC = discard, sdp.NewKey(), 1+rand.Uint32N(1<<32-200)
		}
		if p.reserve {
			s.Direction = sdp.Inactive
			continue
		}
		l := p.lines[s.Index]
		switch {
		case l == nil || l.kind != s.Kind:
			if l, err = p.node.line(*s, p.cname()); err == nil {
				made[s.Index], s.Port = l, l.port
			}
		case !s.Mux && l.rtcp == nil:
			err = p.split(l)
		}
		if err != nil {
			p.node.release(made)
			return nil, err
		}
	}
	return made, nil
}

// split gives a line a port for RTCP after it had shared one.
func (p *participant) split(l *line) error {
	conn, err := listen(p.node.cfg.Bind, l.port+1)
	if err != nil {
		return err
	}
	p.room.mu.Lock()
	l.rtcp = conn
	p.room.mu.Unlock()
	p.node.listenOn(p, l, conn)
	return nil
}

// before finds what the stream's m-line was before this offer.
func (p *participant) before(s *sdp.Stream) *sdp.Stream {
	for _, known := range [][]sdp.Stream{p.offered, p.agreed} {
		i := slices.IndexFunc(known, func(k sdp.Stream) bool { return k.Index == s.Index && k.Kind == s.Kind })
		if i >= 0 {
			return &known[i]
		}
	}
	return nil
}

func (p *participant) cname() string {
	return strconv.FormatUint(p.local.Session, 36) + "@" + p.node.cfg.Name
}

// write renders our description; its version moves when it says something new.
func (p *participant) write(render func(sdp.Local) *sdp.Description) session.Answer {
	d := render(p.local)
	if p.last != nil && !bytes.Equal(d.Bytes(), p.last.Bytes()) {
		p.local.Version++ // RFC 3264 §8
		d = render(p.local)
	}
	p.last = d
	p.answer = session.Answer{ID: p.id, Node: p.node.cfg.Name, SDP: d.Bytes()}
	return p.answer
}

// errKey says that SRTP refused a key; it cannot happen with keys of 30 bytes.
var errKey = errors.New("media node: SRTP refuses the agreed key")
