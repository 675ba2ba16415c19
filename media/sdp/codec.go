package sdp

import (
	"strconv"
	"strings"
)

// Names of the codecs that a node serves.
const (
	PCMU   = "PCMU"
	PCMA   = "PCMA"
	H264   = "H264"     // RFC 6184, packetization mode 1
	H264UC = "X-H264UC" // Lync's: H264 with layers, PACSI and VSR
)

// How many SSRCs video in X-H264UC must reserve ([MS-SDPEXT] 3.1.5.3), and how
// many Lync does reserve.
const (
	minimum = 30
	width   = 100
)

// Codec is one codec under the numbers it has on the wire.
type Codec struct {
	Name       string
	Send       uint8  // payload type towards the far end
	Receive    uint8  // payload type from the far end; differs only if its answer does
	Parameters string // fmtp, as the far end wrote it
}

// mapping is what a format number of an m-line means.
type mapping struct {
	pt         uint8
	name       string
	clock      string
	parameters string
}

// static are the audio types that need no rtpmap (RFC 3551 §6).
func static(pt uint8) string {
	switch pt {
	case 0:
		return "PCMU/8000"
	case 8:
		return "PCMA/8000"
	}
	return ""
}

// formats are an m-line's formats and where it says what they mean: 1 + the
// index of the first rtpmap and fmtp line of each payload type.
type formats struct {
	media        *Media
	rtpmap, fmtp [128]uint16
}

func formatsOf(m *Media) *formats {
	f := &formats{media: m}
	for i := range m.Lines {
		index := &f.rtpmap
		value, ok := m.Lines[i].attribute("rtpmap")
		if !ok {
			index = &f.fmtp
			value, ok = m.Lines[i].attribute("fmtp")
		}
		if !ok {
			continue
		}
		format, _, _ := strings.Cut(value, " ")
		if pt, ok := payloadType(format); ok && index[pt] == 0 {
			index[pt] = uint16(i + 1)
		}
	}
	return f
}

func payloadType(format string) (uint8, bool) {
	pt, err := strconv.ParseUint(format, 10, 7)
	return uint8(pt), err == nil
}

// all yields what the formats mean, in order of preference.
func (f *formats) all(yield func(mapping) bool) {
	for _, format := range f.media.Formats {
		pt, ok := payloadType(format)
		if !ok {
			continue
		}
		text := static(pt)
		if i := f.rtpmap[pt]; i != 0 {
			text = f.media.about(i)
		}
		name, clock, _ := strings.Cut(text, "/")
		if !yield(mapping{pt, name, strings.TrimSuffix(clock, "/1"), f.media.about(f.fmtp[pt])}) {
			return
		}
	}
}

// about is what line i-1 says about its format.
func (m *Media) about(i uint16) string {
	if i == 0 {
		return ""
	}
	_, value, _ := strings.Cut(m.Lines[i-1].Value, ":")
	_, value, _ = strings.Cut(strings.TrimSpace(value), " ")
	return strings.TrimSpace(value)
}

// choose picks the offerer's favourite among those we serve.
func (f *formats) choose(kind Kind) []Codec {
	for meant := range f.all {
		if c, ok := meant.codec(kind, f.media); ok {
			return []Codec{c}
		}
	}
	return nil
}

// codec tells whether we can serve a format, and under which name.
func (f mapping) codec(kind Kind, m *Media) (Codec, bool) {
	c := Codec{Send: f.pt, Receive: f.pt, Parameters: f.parameters}
	is := func(name string) bool { return strings.EqualFold(f.name, name) }
	switch {
	case kind == Audio && is(PCMU) && f.clock == "8000":
		c.Name = PCMU
	case kind == Audio && is(PCMA) && f.clock == "8000":
		c.Name = PCMA
	case kind == Video && is(H264) && f.clock == "90000" && parameter(f.parameters, "packetization-mode") == "1":
		c.Name = H264
	case kind == Video && is(H264UC) && f.clock == "90000" && usable(f.parameters, m):
		c.Name = H264UC
	default:
		return c, false
	}
	return c, true
}

// usable checks what X-H264UC must come with; else it MUST be ignored
// ([MS-SDPEXT] 3.1.5.3).
func usable(parameters string, m *Media) bool {
	first, last, ok := ssrcRange(m)
	return ok && last-first+1 >= minimum &&
		parameter(parameters, "packetization-mode") == "1" &&
		strings.EqualFold(parameter(parameters, "mst-mode"), "NI-TC")
}

// parameter finds name=value in an fmtp, in any order and case.
func parameter(parameters, name string) string {
	for p := range strings.SplitSeq(parameters, ";") {
		if key, v, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(key, name) {
			return v
		}
	}
	return ""
}

// ssrcRange reads a=x-ssrc-range:first-last.
func ssrcRange(m *Media) (first, last uint32, ok bool) {
	text, _ := m.Attribute("x-ssrc-range")
	a, b, _ := strings.Cut(text, "-")
	f, err1 := strconv.ParseUint(a, 10, 32)
	l, err2 := strconv.ParseUint(b, 10, 32)
	return uint32(f), uint32(l), err1 == nil && err2 == nil && f <= l
}

// event finds RFC 4733 events at 8 kHz, which go with our audio.
func (f *formats) event() (Codec, bool) {
	for meant := range f.all {
		if strings.EqualFold(meant.name, "telephone-event") && meant.clock == "8000" {
			return Codec{Name: "telephone-event", Send: meant.pt, Receive: meant.pt, Parameters: meant.parameters}, true
		}
	}
	return Codec{}, false
}
