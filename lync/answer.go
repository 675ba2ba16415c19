package lync

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errNoMedia is why a client answers 488.
var errNoMedia = errors.New("lync: nothing in the offer that a client could take, protected by " + suite)

// answering builds a client's answer to a description of the peer.
type answering struct {
	offer  *description
	ours   Offer
	id     ID
	client clientGeneration
	out    strings.Builder
	taken  []accepted
}

// buildAnswer answers an offer with our ports and keys: same m-lines in the same
// order, one crypto line each with the tag of the chosen line, payload types by
// the offerer's numbers. Without video ports video is refused.
func buildAnswer(offer []byte, ours Offer, id ID, client clientGeneration) ([]byte, Answer, []accepted, error) {
	d, err := parseSDP(offer)
	if err != nil {
		return nil, Answer{SDP: offer}, nil, err
	}
	facts, err := d.facts(offer)
	if err != nil {
		return nil, facts, nil, err
	}
	a := &answering{offer: d, ours: ours, id: id, client: client}
	a.head()
	for i := range d.media {
		a.section(&d.media[i], facts.Media[i])
	}
	if len(a.taken) == 0 {
		return nil, facts, nil, errNoMedia
	}
	return []byte(strings.ReplaceAll(a.out.String(), "\n", "\r\n")), facts, a.taken, nil
}

func (a *answering) line(format string, args ...any) { fmt.Fprintf(&a.out, format+"\n", args...) }

// head mirrors the offerer's s=.
func (a *answering) head() {
	name := "session"
	for _, l := range a.offer.session {
		if l.kind == 's' {
			name = l.value
		}
	}
	a.line("v=0")
	a.line("o=- 0 %d IN IP4 %s", a.ours.Version, a.ours.Address)
	a.line("s=%s", name)
	a.line("c=IN IP4 %s", a.ours.Address)
	a.line("b=CT:99980")
	a.line("t=0 0")
	if a.ours.Video.RTP != 0 {
		a.line("a=x-mediabw:main-video send=%s;recv=%s", a.client.bandwidth, a.client.bandwidth)
	}
}

// section answers one m-line, or refuses it with port 0 (RFC 3264 §6).
func (a *answering) section(s *section, m AnswerMedia) {
	t, ok := a.take(s, m)
	if !ok {
		a.line("m=%s 0 %s %s", s.kind, s.proto, strings.Join(s.formats, " "))
		return
	}
	a.taken = append(a.taken, t)
	port, n, first, last := a.ours.Audio, 0, a.ours.SSRC, a.ours.SSRC
	if s.kind == "video" {
		port, n, first, last = a.ours.Video, 1, a.ours.SSRC+1, a.ours.SSRC+videoSSRCs
	}
	formats := []string{strconv.Itoa(int(t.payload))}
	if dtmf := s.find("telephone-event/8000"); s.kind == "audio" && dtmf != "" {
		formats = append(formats, dtmf)
	}
	a.line("m=%s %d RTP/SAVP %s", s.kind, port.RTP, strings.Join(formats, " "))
	a.line("a=x-ssrc-range:%d-%d", first, last)
	if feedback, ok := s.attribute("rtcp-fb"); ok {
		a.line("a=rtcp-fb:%s", feedback)
	}
	if _, ok := s.attribute("rtcp-rsize"); ok {
		a.line("a=rtcp-rsize")
	}
	a.line("a=label:main-%s", s.kind)
	a.line("a=x-source:main-%s", s.kind)
	a.line("a=ice-ufrag:%s", a.id.ufrag(n))
	a.line("a=ice-pwd:%s", a.id.password(n))
	a.line("a=candidate:1 1 UDP 2130706431 %s %d typ host", a.ours.Address, port.RTP)
	a.line("a=candidate:1 2 UDP 2130705918 %s %d typ host", a.ours.Address, port.rtcp())
	a.line("a=crypto:%d %s inline:%s|2^31", t.CryptoTag, suite, port.Key.base64())
	if !t.Mux {
		a.line("a=rtcp:%d", port.rtcp())
	}
	for _, f := range formats {
		a.line("a=rtpmap:%s %s", f, s.rtpmap(f))
		switch {
		case s.kind == "video":
			a.line("a=fmtp:%s packetization-mode=1;mst-mode=NI-TC", f)
		case f != formats[0]:
			a.line("a=fmtp:%s 0-16", f)
		}
	}
	if t.Mux {
		a.line("a=rtcp-mux")
	}
	if s.kind == "audio" {
		a.line("a=ptime:20")
	}
	if d := answeredDirection(m.Direction); d != "sendrecv" {
		a.line("a=%s", d)
	}
}

// answeredDirection is the widest that RFC 3264 §6.1 allows.
func answeredDirection(offered string) string {
	switch offered {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	}
	return offered
}

// take decides whether a client can take an m-line, once for each kind.
func (a *answering) take(s *section, m AnswerMedia) (accepted, bool) {
	t := accepted{AnswerMedia: m}
	t.Mux = m.Mux && a.client.modern
	for _, other := range a.taken {
		if other.Kind == s.kind {
			return t, false
		}
	}
	if s.port == 0 || !strings.HasPrefix(s.proto, "RTP/") {
		return t, false
	}
	switch s.kind {
	case "audio":
		for _, t.encoding = range []string{"PCMU/8000", "PCMA/8000"} {
			if s.find(t.encoding) != "" {
				break
			}
		}
	case "video":
		t.encoding = "X-H264UC/90000"
		if a.ours.Video.RTP == 0 || !usableVideo(s) {
			return t, false
		}
	}
	n, err := strconv.ParseUint(s.find(t.encoding), 10, 7)
	if err != nil {
		return t, false
	}
	t.payload = uint8(n)
	return t, a.chooseCrypto(s, &t)
}

// chooseCrypto takes the first line without MKI, else the first that can be read.
func (a *answering) chooseCrypto(s *section, t *accepted) bool {
	found := false
	for _, line := range attributes(s.lines, "crypto") {
		c, err := parseCrypto(line)
		if err != nil || found && (c.mki != nil || t.receive.mki == nil) {
			continue
		}
		t.receive, found = c, true
	}
	key := a.ours.Audio.Key
	if s.kind == "video" {
		key = a.ours.Video.Key
	}
	t.CryptoTag = t.receive.tag
	t.send = crypto{tag: t.receive.tag, key: key}
	return found
}

// usableVideo tells whether X-H264UC is offered as it must be to count: both
// parameters, and an SSRC range of 30 or more ([MS-SDPEXT] 3.1.5.3).
func usableVideo(s *section) bool {
	pt := s.find("X-H264UC/90000")
	if pt == "" {
		return false
	}
	parameters := ""
	for _, value := range attributes(s.lines, "fmtp") {
		if f, rest, _ := strings.Cut(value, " "); f == pt {
			parameters = strings.ToLower(rest)
		}
	}
	if !strings.Contains(parameters, "packetization-mode=1") || !strings.Contains(parameters, "mst-mode=ni-tc") {
		return false
	}
	_, _, ok := ssrcRange(s)
	return ok
}

// ssrcRange reads a=x-ssrc-range; ok when it is wide enough for video.
func ssrcRange(s *section) (first, last uint32, ok bool) {
	value, _ := s.attribute("x-ssrc-range")
	from, to, _ := strings.Cut(value, "-")
	a, err1 := strconv.ParseUint(from, 10, 32)
	b, err2 := strconv.ParseUint(to, 10, 32)
	if err1 != nil || err2 != nil || b < a {
		return 0, 0, false
	}
	return uint32(a), uint32(b), b-a+1 >= 30
}
