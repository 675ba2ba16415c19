package rtp

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
)

// accessUnit is SPS, PPS, SEI, and an IDR slice too long for one packet.
func accessUnit() [][]byte {
	idr := make([]byte, 5000)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range idr {
		idr[i] = byte(rnd.IntN(255) + 1) // no start codes
	}
	idr[0] = 0x65
	return [][]byte{{0x67, 0x42, 0xC0, 0x1F}, {0x68, 0xCE, 0x3C, 0x80}, UserData(clipID, []byte("frame 1")), idr}
}

var clipID = [16]byte{1, 2, 3, 0, 0, 1, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

func TestUnits(t *testing.T) {
	stream := []byte{9, 9, 0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 3, 0, 0}
	got := slices.Collect(Units(stream))
	want := [][]byte{{0x67, 1}, {0x68, 2}, {0x65, 3}}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("got % x, want % x", got, want)
	}
	if got := slices.Collect(Units([]byte{0, 0, 1})); len(got) != 0 {
		t.Errorf("a bare start code gave % x", got)
	}
}

func TestPacketiseThere(t *testing.T) {
	units := accessUnit()
	payloads := Packetise(units, 1200)
	if NALType(payloads[0]) != NALSTAPA || !StartsKeyFrame(payloads[0]) || !StartsKeyFrame(payloads[1]) || StartsKeyFrame(payloads[2]) {
		t.Errorf("first payloads are of types %d %d %d", NALType(payloads[0]), NALType(payloads[1]), NALType(payloads[2]))
	}
	var d Depacketiser
	var got [][]byte
	for _, p := range payloads {
		if len(p) > 1200 {
			t.Errorf("a payload of %d bytes", len(p))
		}
		complete, err := d.Units(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range complete {
			got = append(got, bytes.Clone(u))
		}
	}
	if !slices.EqualFunc(got, units, bytes.Equal) {
		t.Errorf("%d units came back, %d went in", len(got), len(units))
	}
}

// pion's depacketiser is the second opinion on our payloads.
func TestPacketiseAgreesWithPion(t *testing.T) {
	var want, got []byte
	var pion codecs.H264Packet
	for _, u := range accessUnit() {
		want = AppendUnit(want, u)
	}
	for _, p := range Packetise(accessUnit(), 1200) {
		b, err := pion.Unmarshal(p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b...)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("pion read %d bytes, want %d", len(got), len(want))
	}
}

// ... and its packetiser on our depacketiser.
func TestDepacketiseAgreesWithPion(t *testing.T) {
	var stream []byte
	var want, got [][]byte
	for _, u := range accessUnit() {
		stream = AppendUnit(stream, u)
		want = append(want, u)
	}
	var d Depacketiser
	for _, p := range (&codecs.H264Payloader{}).Payload(1200, stream) {
		units, err := d.Units(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range units {
			got = append(got, bytes.Clone(u))
		}
	}
	slices.SortFunc(got, bytes.Compare) // pion moves parameter sets before the next slice
	slices.SortFunc(want, bytes.Compare)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d units, want %d", len(got), len(want))
	}
}

func TestDepacketiseLoss(t *testing.T) {
	payloads := Packetise(accessUnit(), 1200)
	var d Depacketiser
	for i, p := range payloads {
		if i == 2 {
			d.Lost()
			continue
		}
		units, err := d.Units(p)
		if err != nil || i > 0 && len(units) > 0 {
			t.Errorf("payload %d gave %d units, %v", i, len(units), err)
		}
	}
	for _, bad := range [][]byte{nil, {0}, {31}, {NALFUA}, {NALFUA, 0x80}, {NALSTAPA}, {NALSTAPA, 0, 9, 1}, {25, 1}} {
		if units, err := d.Units(bad); err == nil || len(units) > 0 {
			t.Errorf("% x gave %d units", bad, len(units))
		}
	}
}

func TestDepacketiseIsBounded(t *testing.T) {
	var d Depacketiser
	first := append([]byte{NALFUA, 0x85}, make([]byte, 1000)...)
	more := append([]byte{NALFUA, 0x05}, make([]byte, 1000)...)
	d.Units(first)
	for range 2000 {
		if _, err := d.Units(more); err != nil {
			return
		}
	}
	t.Error("a unit grew for ever")
}

func TestUserData(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, {0, 0, 0, 0, 0, 1}, bytes.Repeat([]byte{0}, 700)} {
		unit := UserData(clipID, data)
		if bytes.Contains(unit, []byte{0, 0, 1}) || bytes.Contains(unit, []byte{0, 0, 0}) {
			t.Errorf("%d bytes: a start code inside", len(data))
		}
		got, ok := ReadUserData(unit, clipID)
		if !ok || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d (%v)", len(data), len(got), ok)
		}
		if _, ok := ReadUserData(unit, [16]byte{}); ok {
			t.Error("another's data was read")
		}
	}
}

func TestPACSI(t *testing.T) {
	layout := Layout{Width: 640, Height: 360, BitRate: 600000, FrameRate: 4, DONC: 1, Units: 4}
	p := PACSI(layout)
	want := unhex(`7e c0 80 07 22 0001 002d 06052a 139fb1a9446a4dec8cbf65b1e12d2cfd 0100000000000000 01 10
		0280 0168 0280 0168 000927c0 20 02 0000 0015 060512 05fbc6b95a8040e5a22aab4020267e26 01 04`)
	if !bytes.Equal(p, want) || len(p) != 77 {
		t.Errorf("got\n%x, want\n%x", p, want)
	}
	if got, ok := ReadPACSI(p); !ok || got != layout {
		t.Errorf("read as %+v (%v)", got, ok)
	}
	for cut := range p[:54] {
		if _, ok := ReadPACSI(p[:cut]); ok {
			t.Errorf("%d bytes were taken", cut)
		}
	}
}

func TestStripPACSI(t *testing.T) {
	sps, pps, pacsi := []byte{0x67, 1}, []byte{0x68, 2}, PACSI(Layout{})
	for name, c := range map[string]struct{ in, want []byte }{
		"alone":             {pacsi, nil},
		"a prefix":          {[]byte{0x6E, 1}, nil},
		"a slice":           {sps, sps},
		"before one":        {aggregate([][]byte{pacsi, sps}), sps},
		"before two":        {aggregate([][]byte{pacsi, sps, pps}), aggregate([][]byte{sps, pps})},
		"nothing to remove": {aggregate([][]byte{sps, pps}), aggregate([][]byte{sps, pps})},
		"only scalability":  {aggregate([][]byte{pacsi, {0x6E, 1}}), nil},
	} {
		if got := StripPACSI(c.in); !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, want % x", name, got, c.want)
		}
	}
}

func FuzzH264(f *testing.F) {
	for _, p := range Packetise(accessUnit(), 1200) {
		f.Add(p)
	}
	f.Add(PACSI(Layout{}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var d Depacketiser
		units, _ := d.Units(payload)
		for _, u := range units {
			ReadUserData(u, clipID)
		}
		StartsKeyFrame(payload)
		StripPACSI(payload)
		ReadPACSI(payload)
		for u := range Units(payload) {
			if len(u) == 0 {
				t.Error("an empty unit")
			}
		}
	})
}
