package lync

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// accepted is an m-line of ours that the peer took.
type accepted struct {
	AnswerMedia
	send, receive crypto // each side's key protects what that side sends
	payload       uint8  // what both sides send
	encoding      string
	offered       bool // by us
}

// judgeAnswer compares an answer with what was offered. What is wrong but can be
// lived with is noted; an error means that there is no media to be had.
func judgeAnswer(o Offer, agents clientGeneration, body []byte, note func(rule, detail string)) (Answer, []accepted, error) {
	d, err := parseSDP(body)
	if err != nil {
		note("sdp", err.Error())
		return Answer{SDP: body}, nil, err
	}
	a, err := d.facts(body)
	if err != nil {
		note("sdp", err.Error())
		return a, nil, err
	}
	kinds := []string{"audio"}
	if o.Video.RTP != 0 {
		kinds = append(kinds, "video")
	}
	if got := kindsOf(d); !slices.Equal(got, kinds) { // RFC 3264 §6
		note("m-lines", "offered "+strings.Join(kinds, ", ")+", answered "+strings.Join(got, ", "))
	}
	var taken []accepted
	for i, kind := range kinds {
		if i >= len(d.media) || d.media[i].kind != kind || d.media[i].port == 0 {
			continue
		}
		j := judge{offer: o, client: agents, s: &d.media[i], m: a.Media[i], note: note}
		if t, ok := j.section(); ok {
			taken = append(taken, t)
		}
	}
	if len(taken) == 0 || taken[0].Kind != "audio" {
		return a, taken, fmt.Errorf("lync: the answer takes no audio that we can protect and understand")
	}
	return a, taken, nil
}

func kindsOf(d *description) []string {
	var kinds []string
	for i := range d.media {
		kinds = append(kinds, d.media[i].kind)
	}
	return kinds
}

// judge looks at one accepted m-line.
type judge struct {
	offer  Offer
	client clientGeneration
	s      *section
	m      AnswerMedia
	note   func(rule, detail string)
}

func (j *judge) section() (accepted, bool) {
	t := accepted{AnswerMedia: j.m, offered: true}
	// An offer of RTP/AVP with keys is accepted by RTP/SAVP ([MS-SDPEXT]
	// 3.1.5.2, SRTP optional); RTP/SAVP stays what it is.
	if j.s.proto != "RTP/SAVP" {
		j.note("profile", "m="+j.s.kind+" was answered with "+j.s.proto)
	}
	if j.m.Mux && !j.client.modern { // RFC 5761 §5.1.1
		j.note("rtcp-mux", "m="+j.s.kind+" has rtcp-mux, which was not offered")
	}
	if j.offer.Hold && j.m.Direction != "inactive" { // RFC 3264 §6.1
		j.note("direction", "inactive was answered with "+j.m.Direction)
	}
	if !j.m.RTP.Addr().IsValid() || j.m.RTP.Addr().IsUnspecified() {
		j.note("c-line", "m="+j.s.kind+" has the address "+j.m.RTP.Addr().String())
	}
	ok := j.crypto(&t)
	return t, j.format(&t) && ok
}

// crypto wants exactly one line, its tag among ours (RFC 4568 §5.1.2).
func (j *judge) crypto(t *accepted) bool {
	if len(attributes(j.s.lines, "cryptoscale")) > 0 {
		j.note("cryptoscale", "m="+j.s.kind+" was answered with a=cryptoscale")
	}
	lines := attributes(j.s.lines, "crypto")
	if len(lines) != 1 {
		j.note("crypto-lines", fmt.Sprintf("m=%s was answered with %d crypto lines instead of one", j.s.kind, len(lines)))
	}
	if len(lines) == 0 {
		return false
	}
	theirs, err := parseCrypto(lines[0])
	if err != nil {
		j.note("crypto", err.Error())
		return false
	}
	key := j.offer.Audio.Key
	if j.s.kind == "video" {
		key = j.offer.Video.Key
	}
	ours, ok := offeredCrypto(theirs.tag, key)
	if !ok || theirs.tag == tagMKI && j.offer.PlainKeys {
		j.note("crypto-tag", "the answer chose tag "+strconv.Itoa(theirs.tag)+", which is not a crypto line of the offer: "+theirs.line)
		return false
	}
	t.send, t.receive, t.CryptoTag = ours, theirs, theirs.tag
	return true
}

// format wants payload types that were offered, the first of them one that we
// can speak.
func (j *judge) format(t *accepted) bool {
	offered := strings.Fields(j.client.audio)
	encodings := []string{"PCMU/8000", "PCMA/8000"}
	if j.s.kind == "video" {
		offered, encodings = []string{"122", "121", "123"}, []string{"X-H264UC/90000"}
	}
	for _, f := range j.s.formats {
		if !slices.Contains(offered, f) {
			j.note("formats", "m="+j.s.kind+" has payload type "+f+", which was not offered")
		}
	}
	for _, f := range j.s.formats {
		for _, e := range encodings {
			if !strings.EqualFold(j.s.rtpmap(f), e) {
				continue
			}
			n, err := strconv.ParseUint(f, 10, 7)
			if err == nil {
				t.payload, t.encoding = uint8(n), e
				return true
			}
		}
	}
	j.note("formats", "m="+j.s.kind+" was answered with none of "+strings.Join(encodings, ", "))
	return false
}
