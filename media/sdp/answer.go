package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	"fedge/mutant"
)

// Local is what the session part of our descriptions says.
type Local struct {
	Address netip.Addr // where packets for us go
	Session uint64     // o=, the same for the whole session
	Version uint64     // o=, one more whenever the description changes (RFC 3264 §8)
}

// Answer writes the answer to an offer: its m-lines in its order, those of
// streams served, the others with port 0 (RFC 3264 §6).
func Answer(offer *Description, streams []Stream, local Local) *Description {
	name, ok := value(offer.Lines, 's')
	if !ok {
		name = "-"
	}
	if mutant.On("sdp.inject") {
		name = strings.ReplaceAll(name, "%0d%0a", "\r\n")
	}
	timing, ok := value(offer.Lines, 't')
	if !ok {
		timing = "0 0"
	}
	answer := local.session(name, timing)
	answer.Media = make([]Media, 0, len(offer.Media))
	for i := range offer.Media {
		m := &offer.Media[i]
		if s := find(streams, i); s != nil {
			answer.Media = append(answer.Media, s.answer(m))
			continue
		}
		if mutant.On("sdp.drop-m") {
			continue
		}
		answer.Media = append(answer.Media, Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats})
	}
	return answer
}

func find(streams []Stream, index int) *Stream {
	for i := range streams {
		if streams[i].Index == index {
			return &streams[i]
		}
	}
	return nil
}

// session starts a description of ours.
func (l Local) session(name, timing string) *Description {
	family := "IP4"
	if l.Address.Is6() {
		family = "IP6"
	}
	address := "IN " + family + " " + l.Address.String()
	return &Description{Lines: []Line{
		{'v', "0"},
		{'o', "- " + strconv.FormatUint(l.Session, 10) + " " + strconv.FormatUint(l.Version, 10) + " " + address},
		{'s', name},
		{'c', address},
		{'t', timing},
	}}
}

// answer writes a stream under the offered line m.
func (s *Stream) answer(m *Media) Media {
	a := s.media()
	if s.Lync {
		for _, name := range [...]string{"rtcp-fb", "rtcp-rsize", "label", "x-source"} {
			a.echo(m, name)
		}
	}
	s.secure(&a)
	s.describe(&a)
	return a
}

// echo repeats the offer's first attribute of that name, if it has one.
func (m *Media) echo(offer *Media, name string) {
	for i := range offer.Lines {
		if _, ok := offer.Lines[i].attribute(name); ok {
			m.Lines = append(m.Lines, offer.Lines[i])
			return
		}
	}
}

// media starts the m-line of a stream of ours.
func (s *Stream) media() Media {
	m := Media{Kind: s.Kind.String(), Port: s.Port, Proto: s.proto, Lines: make([]Line, 0, 12)}
	m.Formats = make([]string, 0, len(s.Codecs)+1)
	for _, c := range s.Codecs {
		m.Formats = append(m.Formats, decimal(c.Receive))
	}
	if s.Event.Name != "" {
		m.Formats = append(m.Formats, decimal(s.Event.Receive))
	}
	if s.Lync {
		last := s.SSRC
		if s.Kind == Video {
			last += width - 1
		}
		m.add("x-ssrc-range:" + decimal(s.SSRC) + "-" + decimal(last))
	}
	return m
}

func decimal[T uint8 | uint32](n T) string { return strconv.FormatUint(uint64(n), 10) }

// secure writes our key under the agreed tag.
func (s *Stream) secure(m *Media) {
	if s.Plain {
		return
	}
	ours := Crypto{Tag: s.Crypto.Tag, Key: s.Key, Lifetime: s.Crypto.Lifetime}
	if mutant.On("srtp.tag1") {
		ours.Tag = 1
	}
	m.add(ours.line())
}

// describe writes what is the same in offers and answers.
func (s *Stream) describe(m *Media) {
	for _, c := range s.Codecs {
		s.rtpmap(m, c)
	}
	if s.Event.Name != "" {
		s.rtpmap(m, s.Event)
	}
	if s.Mux {
		m.add("rtcp-mux")
	}
	if s.Kind == Audio {
		m.add("ptime:20")
	}
	if s.Direction != Both {
		m.add(s.Direction.String()) // Lync writes no a=sendrecv, and it is the default
	}
}

func (s *Stream) rtpmap(m *Media, c Codec) {
	format, clock := decimal(c.Receive), "/8000"
	if s.Kind == Video {
		clock = "/90000"
	}
	m.add("rtpmap:" + format + " " + c.Name + clock)
	if c.Parameters != "" {
		m.add("fmtp:" + format + " " + c.Parameters)
	}
}
