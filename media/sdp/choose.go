package sdp

import (
	"fmt"
	"strings"

	"fedge/mutant"
)

// Policy is what a node insists on.
type Policy struct {
	Plain bool // take media without SRTP where the offer has none
	IPv4  bool // packets reach IPv4 addresses only
}

// Incompatible says that nothing in an offer, or the main thing, can be
// served: 488 for its sender.
type Incompatible struct{ Detail string }

func (e *Incompatible) Error() string { return "sdp: cannot be served: " + e.Detail }

// Choose says which m-lines of an offer can be served, and how: the first
// audio line and the first main video line that have a codec, a transport and
// a key for us. The others are to be rejected. The error is an *Incompatible
// when that leaves nothing, or no audio although audio was offered.
func Choose(offer *Description, policy Policy) ([]Stream, error) {
	var problems []string
	var taken [kinds]bool
	chosen := make([]Stream, 0, kinds)
	silent := false // audio was offered
	for i := range offer.Media {
		m := &offer.Media[i]
		kind, ok := kindOf(m)
		if !ok || m.Port == 0 || taken[kind] {
			continue
		}
		silent = silent || kind == Audio
		s, problem := offer.consider(m, kind, policy)
		if problem != "" {
			problems = append(problems, fmt.Sprintf("m=%s (line %d): %s", m.Kind, i+1, problem))
			continue
		}
		s.Index, taken[kind] = i, true
		chosen = append(chosen, s)
	}
	switch {
	case silent && !taken[Audio], len(chosen) == 0 && len(problems) > 0:
		return nil, &Incompatible{strings.Join(problems, "; ")}
	case len(chosen) == 0:
		return nil, &Incompatible{"neither audio nor main video is offered"}
	}
	return chosen, nil
}

// kindOf tells which lines are ours to serve. Video that is not the main one
// (content, panorama) has a label that says so.
func kindOf(m *Media) (Kind, bool) {
	label, _ := m.Attribute("label")
	switch {
	case m.Kind == "audio":
		return Audio, true
	case m.Kind == "video" && !strings.HasSuffix(label, "-video"):
		return Video, true
	case m.Kind == "video" && label == "main-video":
		return Video, true
	}
	return 0, false
}

// consider works out one m-line, or says why it cannot be served.
func (d *Description) consider(m *Media, kind Kind, policy Policy) (s Stream, problem string) {
	s = Stream{Kind: kind, Direction: d.direction(m).reverse()}
	protected, must, ok := transport(m.Proto)
	if !ok {
		return s, "the transport " + m.Proto + " is not served"
	}
	s.Crypto, ok = chooseCrypto(m)
	if refusal, _ := m.Attribute("encryption"); refusal == "rejected" && !must {
		ok = false // the peer's policy forbids what it offers ([MS-SDPEXT], optional SRTP)
	}
	switch s.proto = protected; {
	case ok:
	case must || !policy.Plain:
		return s, "no a=crypto of suite " + suite + " without an MKI"
	default:
		s.proto, s.Plain = m.Proto, true
	}
	formats := formatsOf(m)
	if s.Codecs = formats.choose(kind); s.Codecs == nil {
		return s, "no codec that is served"
	}
	if s.Remote, s.RemoteRTCP, problem = d.remote(m); problem != "" {
		return s, problem
	}
	if policy.IPv4 && s.Remote.Addr().Is6() && !mutant.On("v6.sdp") {
		return s, "its address is IPv6, and this node has none"
	}
	if !s.Remote.IsValid() {
		s.Direction &^= Send
	}
	if kind == Audio {
		s.Event, _ = formats.event()
	}
	_, s.Mux = m.Attribute("rtcp-mux")
	_, _, ranged := ssrcRange(m)
	s.Lync = ranged // nobody else reserves SSRCs
	return s, ""
}
