package sdp

import (
	"fmt"
	"slices"
)

// Offered makes the streams of an offer of our own, audio first, to be filled
// in with port, key and SSRC. Lync's codec spelling, labels and SSRC ranges
// are for a Lync peer only.
func Offered(lync bool, kinds ...Kind) []Stream {
	var streams []Stream
	for i, kind := range kinds {
		s := Stream{
			Index: i, Kind: kind, Direction: Both, Lync: lync, Mux: lync,
			Crypto: Crypto{Tag: 1}, proto: "RTP/SAVP",
		}
		switch {
		case kind == Audio:
			s.Codecs = []Codec{{Name: PCMU}, {Name: PCMA, Send: 8, Receive: 8}}
			s.Event = Codec{Name: "telephone-event", Send: 101, Receive: 101, Parameters: "0-16"}
		case lync:
			s.Codecs = []Codec{{Name: H264UC, Send: 122, Receive: 122, Parameters: "packetization-mode=1;mst-mode=NI-TC"}}
		default:
			s.Codecs = []Codec{{Name: H264, Send: 97, Receive: 97, Parameters: "profile-level-id=42e01f;packetization-mode=1"}}
		}
		if lync {
			s.Crypto.Lifetime = "2^31"
		}
		streams = append(streams, s)
	}
	return streams
}

// Offer writes an offer of our own: streams under their index, and what was
// rejected before under port 0, because a line never goes away (RFC 3264 §8).
// before is the last description of the session, nil for the first offer.
func Offer(before *Description, streams []Stream, local Local) *Description {
	offer := local.session("-", "0 0")
	count := 0
	for _, s := range streams {
		count = max(count, s.Index+1)
	}
	if before != nil {
		count = max(count, len(before.Media))
	}
	for i := range count {
		if s := find(streams, i); s != nil {
			offer.Media = append(offer.Media, s.offer())
		} else if before != nil && i < len(before.Media) {
			m := before.Media[i]
			offer.Media = append(offer.Media, Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats})
		}
	}
	return offer
}

// offer writes one stream; the order for a Lync peer is its own.
func (s *Stream) offer() Media {
	m := s.media()
	if s.Lync {
		if s.Kind == Video {
			m.add("rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli")
		}
		m.add("rtcp-rsize")
		m.add("label:main-" + s.Kind.String())
		m.add("x-source:main-" + s.Kind.String())
	} else if s.Kind == Video {
		m.add("rtcp-fb:* nack pli")
	}
	s.secure(&m)
	s.describe(&m)
	return m
}

// ReadAnswer reads the answer to an offer of our own and returns the streams
// that are left. The error is an *Incompatible when none is, or a *SyntaxError
// when the answer does not belong to the offer.
func ReadAnswer(offered []Stream, answer *Description) ([]Stream, error) {
	var agreed []Stream
	problem := "every line was rejected"
	for _, s := range offered {
		if s.Index >= len(answer.Media) {
			return nil, &SyntaxError{0, fmt.Sprintf("the answer has %d m= lines, the offer had more", len(answer.Media))}
		}
		m := &answer.Media[s.Index]
		if m.Kind != s.Kind.String() {
			return nil, &SyntaxError{0, fmt.Sprintf("m=%s answers m=%s", m.Kind, s.Kind)}
		}
		if m.Port == 0 {
			continue
		}
		a, p := answer.consider(m, s.Kind, Policy{})
		if p == "" {
			p = s.agree(a)
		}
		if p != "" {
			problem = fmt.Sprintf("m=%s: %s", m.Kind, p)
			continue
		}
		agreed = append(agreed, s)
	}
	if len(agreed) == 0 {
		return nil, &Incompatible{problem}
	}
	return agreed, nil
}

// agree takes an answer a into our stream s: the far end's side from the
// answer, ours as it was offered. It says what does not fit.
func (s *Stream) agree(a Stream) (problem string) {
	if a.Crypto.Tag != s.Crypto.Tag {
		return fmt.Sprintf("a=crypto has tag %d, the offer had %d", a.Crypto.Tag, s.Crypto.Tag)
	}
	i := slices.IndexFunc(s.Codecs, func(c Codec) bool { return c.Name == a.Codecs[0].Name })
	if i < 0 {
		return a.Codecs[0].Name + " was not offered"
	}
	// What we send comes first, under the number that the answer gives it.
	s.Codecs = slices.Clone(s.Codecs)
	s.Codecs[0], s.Codecs[i] = s.Codecs[i], s.Codecs[0]
	s.Codecs[0].Send = a.Codecs[0].Send

	s.Direction &= a.Direction
	s.Mux = s.Mux && a.Mux
	s.Remote, s.RemoteRTCP = a.Remote, a.RemoteRTCP
	s.Crypto = a.Crypto
	if s.Event.Send = a.Event.Send; a.Event.Name == "" {
		s.Event = Codec{}
	}
	return ""
}
