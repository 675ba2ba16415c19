package rtp

import "encoding/binary"

// UUIDs of the SEI messages that a PACSI carries ([MS-H264PF] 2.2.5).
var (
	layoutID    = [16]byte{0x13, 0x9f, 0xb1, 0xa9, 0x44, 0x6a, 0x4d, 0xec, 0x8c, 0xbf, 0x65, 0xb1, 0xe1, 0x2d, 0x2c, 0xfd}
	bitstreamID = [16]byte{0x05, 0xfb, 0xc6, 0xb9, 0x5a, 0x80, 0x40, 0xe5, 0xa2, 0x2a, 0xab, 0x40, 0x20, 0x26, 0x7e, 0x26}
)

// Layout describes the one layer of a stream that has no scalability; a Lync
// receiver wants it in a PACSI before each IDR ([MS-H264PF] 3.1.5).
type Layout struct {
	Width, Height uint16
	BitRate       uint32 // bit/s
	FrameRate     uint8  // index: 0 to 6 = 7.5, 12.5, 15, 25, 30, 50, 60 frames a second
	DONC          uint16 // cross-session decoding order number of the next unit
	Units         uint8  // NAL units in the access unit that follows
}

// pacsiHeader: NAL header F0 NRI3 type 30; R=1 I=1 PRID 0; N=1 DID 0 QID 0;
// TID 0 U0 D0 O1 RR3; T (DONC present) and S (first of the layer) set
// (RFC 6190 §4.9).
var pacsiHeader = []byte{0x7E, 0xC0, 0x80, 0x07, 0x22}

// PACSI builds the RTP payload that goes before an IDR's first packet.
func PACSI(l Layout) []byte {
	layout := make([]byte, 0, 26)
	layout = append(layout, 1, 0, 0, 0, 0, 0, 0, 0) // PRID 0 is present
	layout = append(layout, 1, 16)                  // descriptions follow, 16 bytes each
	be := binary.BigEndian
	for _, v := range []uint16{l.Width, l.Height, l.Width, l.Height} {
		layout = be.AppendUint16(layout, v)
	}
	layout = be.AppendUint32(layout, l.BitRate)
	layout = append(layout, l.FrameRate<<3, 1<<1, 0, 0) // base layer; PRID 0, constrained baseline

	payload := be.AppendUint16(append([]byte(nil), pacsiHeader...), l.DONC)
	for _, sei := range [][]byte{seiIn(layoutID, layout), seiIn(bitstreamID, []byte{1, l.Units})} {
		payload = be.AppendUint16(payload, uint16(len(sei)))
		payload = append(payload, sei...)
	}
	return payload
}

// seiIn is an SEI unit as a PACSI holds it: without trailing bits and escapes.
func seiIn(id [16]byte, data []byte) []byte {
	sei := []byte{NALSEI, seiUnregistered, byte(len(id) + len(data))}
	return append(append(sei, id[:]...), data...)
}

// ReadPACSI reads the layout of a PACSI built like ours; false for others.
func ReadPACSI(payload []byte) (Layout, bool) {
	const layoutAt = 9 + 3 + 16
	if NALType(payload) != NALPACSI || len(payload) < layoutAt+26 ||
		payload[4]&0x20 == 0 || [16]byte(payload[layoutAt-16:]) != layoutID {
		return Layout{}, false
	}
	be := binary.BigEndian
	b := payload[layoutAt+10:]
	l := Layout{
		DONC:  be.Uint16(payload[5:]),
		Width: be.Uint16(b), Height: be.Uint16(b[2:]),
		BitRate: be.Uint32(b[8:]), FrameRate: b[12] >> 3,
	}
	if rest := payload[layoutAt+26:]; len(rest) >= 23 {
		l.Units = rest[22]
	}
	return l, true
}

// StripPACSI removes PACSI and scalability units from an RTP payload, for a
// receiver that knows RFC 6184 only. It returns nil when nothing is left. The
// result may share memory with payload.
func StripPACSI(payload []byte) []byte {
	switch NALType(payload) {
	case NALPACSI, NALPrefix, NALSubSPS, NALSliceEx:
		return nil
	case NALSTAPA:
		return stripAggregate(payload)
	}
	return payload
}

func stripAggregate(payload []byte) []byte {
	keep := make([][]byte, 0, 8)
	dropped := false
	for unit := range aggregated(payload[1:]) {
		switch NALType(unit) {
		case NALPACSI, NALPrefix, NALSubSPS, NALSliceEx:
			dropped = true
		default:
			keep = append(keep, unit)
		}
	}
	switch {
	case !dropped:
		return payload
	case len(keep) == 0:
		return nil
	case len(keep) == 1:
		return keep[0]
	}
	return aggregate(keep)
}
