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

// mappings reads an m-line's formats in order of preference.
func mappings(m *Media) []mapping {
	rtpmaps, fmtps := byFormat(m.Attributes("rtpmap")), byFormat(m.Attributes("fmtp"))
	var all []mapping
	for _, format := range m.Formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		text, ok := rtpmaps[format]
		if !ok {
			text = static(uint8(pt))
		}
		name, clock, _ := strings.Cut(text, "/")
		all = append(all, mapping{uint8(pt), name, strings.TrimSuffix(clock, "/1"), fmtps[format]})
	}
	return all
}

// byFormat indexes "97 value" lines; the first of a format counts.
func byFormat(lines []string) map[string]string {
	index := make(map[string]string, len(lines))
	for _, line := range lines {
		format, value, _ := strings.Cut(line, " ")
		if _, twice := index[format]; !twice {
			index[format] = strings.TrimSpace(value)
		}
	}
	return index
}

// codec tells whether we can serve a format, and under which name.
func (f mapping) codec(kind Kind, m *Media) (Codec, bool) {
	c := Codec{Send: f.pt, Receive: f.pt, Parameters: f.parameters}
	switch name := strings.ToUpper(f.name); {
	case kind == Audio && (name == PCMU || name == PCMA) && f.clock == "8000":
		c.Name = name
	case kind == Video && name == H264 && f.clock == "90000" && parameter(f.parameters, "packetization-mode") == "1":
		c.Name = H264
	case kind == Video && name == H264UC && f.clock == "90000" && usable(f.parameters, m):
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

// telephoneEvent finds RFC 4733 events at 8 kHz, which go with our audio.
func telephoneEvent(m *Media) (Codec, bool) {
	for _, f := range mappings(m) {
		if strings.EqualFold(f.name, "telephone-event") && f.clock == "8000" {
			return Codec{Name: "telephone-event", Send: f.pt, Receive: f.pt, Parameters: f.parameters}, true
		}
	}
	return Codec{}, false
}
