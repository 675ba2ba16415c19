package rtp

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/pion/rtcp"
)

// request is what we ask a Lync sender for; its bytes are below, and an
// interop test shows them to tshark.
var request = &VideoSourceRequest{
	SenderSSRC: 0x4F4D2869, MediaSSRC: SourceAny,
	Source: SourceAny, RequestID: 7, KeyFrame: true,
	Entries: []VideoEntry{{
		PayloadType: 122, Mode: 1, Flags: 2, Aspects: Aspect16x9, Width: 1280, Height: 720,
		MinBitRate: 300000, BitRatePerLevel: 10000, BitRates: [10]uint16{1},
		FrameRates: FPS7 | FPS12 | FPS15 | FPS25 | FPS30, May: 1, Qualities: [8]uint16{1}, MaxPixels: 1280 * 720,
	}},
}

var requestBytes = unhex(`8fce0018 4f4d2869 fffffffe
	0001 0058 fffffffe 0007 0000 00 80 01 44 00000000
	7a 01 02 02 0500 02d0 000493e0 00000000 00002710
	0001 0000 0000 0000 0000 0000 0000 0000 0000 0000
	0000001f 0000 0001 0001 0000 0000 0000 0000 0000 0000 0000 000e1000`)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

var lyncMessages = []struct {
	name  string
	value rtcp.Packet
	bytes []byte
}{
	{"VSR", request, requestBytes},
	{"VSR for nobody", &VideoSourceRequest{SenderSSRC: 1, MediaSSRC: 2, Source: SourceNone, RequestID: 8, Entries: []VideoEntry{}},
		unhex("8fce0007 00000001 00000002 0001 0014 ffffffff 0008 0000 00 00 00 44 00000000")},
	{"PLI", &MSPLI{SenderSSRC: 1, MediaSSRC: 2, RequestID: 9, Layers: [8]byte{1}},
		unhex("81ce0005 00000001 00000002 0009 0000 01 00000000000000")},
	{"DSH", &SpeakerHistory{SenderSSRC: 1, Sources: []uint32{1001, 1002}},
		unhex("8fce0005 00000001 00000000 0003 000c 000003e9 000003ea")},
}

func TestLyncMessages(t *testing.T) {
	for _, m := range lyncMessages {
		t.Run(m.name, func(t *testing.T) {
			got, err := m.value.Marshal()
			if err != nil || !bytes.Equal(got, m.bytes) || m.value.MarshalSize() != len(got) {
				t.Errorf("written as\n%x (%v), want\n%x", got, err, m.bytes)
			}
			read, err := ParseRTCP(m.bytes)
			if err != nil || len(read) != 1 || !reflect.DeepEqual(read[0], m.value) {
				t.Errorf("read as %+v (%v), want %+v", read, err, m.value)
			}
			for cut := range len(m.bytes) {
				if err := m.value.Unmarshal(m.bytes[:cut]); err == nil && cut < len(m.bytes)-1 {
					t.Errorf("%d of %d bytes were taken", cut, len(m.bytes))
				}
			}
		})
	}
}

// Either reading of the key-frame flag counts.
func TestVSRKeyFrameFlag(t *testing.T) {
	for flag, want := range map[byte]bool{0x80: true, 0x01: true, 0x00: false, 0x02: false} {
		b := bytes.Clone(requestBytes)
		b[12+13] = flag
		var v VideoSourceRequest
		if err := v.Unmarshal(b); err != nil || v.KeyFrame != want {
			t.Errorf("flag %#02x: %v (%v)", flag, v.KeyFrame, err)
		}
	}
}

// What pion refuses or loses inside a compound comes out whole.
func TestParseCompound(t *testing.T) {
	sr := &rtcp.SenderReport{SSRC: 5, ProfileExtensions: []byte{0, 1, 0, 4}}
	head, err := rtcp.Marshal([]rtcp.Packet{sr, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: 5, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "a@b"}},
	}}}, &rtcp.PictureLossIndication{SenderSSRC: 5, MediaSSRC: 6}})
	if err != nil {
		t.Fatal(err)
	}
	unknown := unhex("8fce0003 00000001 00000000 00090004")
	packets, err := ParseRTCP(append(append(head, requestBytes...), unknown...))
	if err != nil || len(packets) != 5 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	kinds := make([]string, len(packets))
	for i, p := range packets {
		kinds[i] = reflect.TypeOf(p).String()
	}
	want := "*rtcp.SenderReport *rtcp.SourceDescription *rtcp.PictureLossIndication *rtp.VideoSourceRequest *rtcp.RawPacket"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseRTCPRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "two bytes": {0x80, 200}, "version 1": unhex("40c90001 00000001"),
		"cut short": unhex("80c90002 00000001"), "a crowd": bytes.Repeat(unhex("80c90001 00000001"), 33),
	} {
		if _, err := ParseRTCP(b); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestTooMuchToSay(t *testing.T) {
	if _, err := (&VideoSourceRequest{Entries: make([]VideoEntry, 21)}).Marshal(); err == nil {
		t.Error("21 entries were written")
	}
	if _, err := (&SpeakerHistory{Sources: make([]uint32, 65)}).Marshal(); err == nil {
		t.Error("65 sources were written")
	}
}

func FuzzParseRTCP(f *testing.F) {
	for _, m := range lyncMessages {
		f.Add(m.bytes)
	}
	f.Add(unhex("80c90001 00000001 81ca0002 00000001 01006100"))
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, err := ParseRTCP(b)
		if err == nil && len(packets) == 0 {
			t.Error("neither packets nor an error")
		}
		for _, p := range packets {
			switch p.(type) {
			case *VideoSourceRequest, *MSPLI, *SpeakerHistory:
				if _, err := p.Marshal(); err != nil {
					t.Errorf("%+v cannot be written: %v", p, err)
				}
			}
		}
	})
}
