package node

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"fedge/media/leg"
	"fedge/media/sdp"
)

// line opens the sockets of a new m-line and makes its stream.
func (n *Node) line(s sdp.Stream, cname string) (*line, error) {
	sockets, err := n.bind(s.Mux)
	if err != nil {
		return nil, err
	}
	s.Port = sockets.port
	stream, err := leg.New(s, cname, time.Now())
	if err != nil {
		sockets.close()
		n.free(sockets.port)
		return nil, fmt.Errorf("%w: %w", errKey, err)
	}
	return &line{sockets: sockets, stream: stream, kind: s.Kind}, nil
}

// start shows new lines to the room and begins to read them.
func (p *participant) start(made map[int]*line) {
	p.room.mu.Lock()
	maps.Copy(p.lines, made)
	p.room.mu.Unlock()
	for _, l := range made {
		p.node.listenOn(p, l, l.rtp)
		if l.rtcp != nil {
			p.node.listenOn(p, l, l.rtcp)
		}
	}
}

// connect puts an agreement into effect: streams follow it, lines that are no
// longer part of it close, and the participant is in the conference.
func (p *participant) connect(streams []sdp.Stream, made map[int]*line) error {
	if p.reserve {
		return nil
	}
	replaced := map[int]*line{}
	for index := range made {
		if old := p.lines[index]; old != nil {
			replaced[index] = old
		}
	}
	p.start(made)
	dropped, err := p.follow(streams)
	p.node.release(replaced)
	p.node.release(dropped)
	return err
}

// follow is connect's part under the room's lock.
func (p *participant) follow(streams []sdp.Stream) (dropped map[int]*line, err error) {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	p.audio, p.video = nil, nil
	dropped = map[int]*line{}
	for index, l := range p.lines {
		i := slices.IndexFunc(streams, func(s sdp.Stream) bool { return s.Index == index })
		if i < 0 {
			dropped[index] = l
			delete(p.lines, index)
			continue
		}
		if err := l.stream.Agree(streams[i], time.Now()); err != nil {
			return dropped, fmt.Errorf("%w: %w", errKey, err)
		}
		if l.kind == sdp.Video {
			p.video = l
		} else {
			p.audio = l
		}
	}
	if p.member == nil {
		p.member = r.conference.Join(r.outlets(p))
		r.present = append(r.present, p)
	} else {
		p.member.Change(r.outlets(p))
	}
	return dropped, nil
}

// leave ends the session, with a BYE in RTCP if wanted. Its ports are free when
// it returns. Leaving twice is no error.
func (p *participant) leave(bye bool) {
	if p.closed {
		return
	}
	p.closed = true
	r := p.room
	r.mu.Lock()
	for _, l := range p.lines {
		if bye {
			packet, to := l.stream.Bye(r.scratch[:0], time.Now())
			l.control(packet, to)
		}
		p.log(l)
	}
	if p.member != nil {
		r.conference.Leave(p.member)
		p.member = nil
	}
	if i := slices.Index(r.present, p); i >= 0 {
		r.present = slices.Delete(r.present, i, i+1)
	}
	lines := p.lines
	p.lines, p.audio, p.video = nil, nil, nil
	r.mu.Unlock()
	p.node.release(lines)
	p.node.forget(p)
}

// log writes what a line saw in its life.
func (p *participant) log(l *line) {
	c, q := l.stream.Counts(), l.stream.Quality()
	p.node.cfg.Log.Info("a media stream ended", "session", p.id, "conference", p.room.name, "kind", l.kind.String(), "port", l.port,
		"packets", c.Packets, "lost", q.Lost, "jitter", q.Jitter, "forged", c.Forged, "refused", c.Refused)
}

// release closes lines, waits for their readers and frees their ports. The
// room's lock must not be held.
func (n *Node) release(lines map[int]*line) {
	for _, l := range lines {
		l.close()
		l.readers.Wait()
		n.free(l.port)
	}
}

func (n *Node) free(port uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ports.free(port)
}
