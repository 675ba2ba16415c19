package tls

import (
	"crypto/rand"
	"encoding/binary"
)

// clientHello is one that no TLS library writes.
type clientHello struct {
	name   string
	suites []uint16
	early  bool // TLS 1.3 with early data, by a session that the server cannot know
}

// Record types (RFC 8446 §5.1).
const (
	alertRecord     = 21
	handshakeRecord = 22
	dataRecord      = 23
)

// record is the message in a record of its own.
func (h clientHello) record() []byte {
	return inRecord(handshakeRecord, h.message())
}

func inRecord(kind byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind, 3, 3}, uint16(len(content))), content...)
}

// message is the handshake message (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2).
func (h clientHello) message() []byte {
	body := append([]byte{3, 3}, random(32)...)
	body = append(append(body, 32), random(32)...) // a session, for the middle boxes (RFC 8446 §D.4)
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(h.suites)))
	for _, suite := range h.suites {
		body = binary.BigEndian.AppendUint16(body, suite)
	}
	body = append(body, 1, 0) // no compression
	extensions := extension(nil, 0, counted(append([]byte{0}, counted([]byte(h.name))...)))
	extensions = extension(extensions, 10, counted([]byte{0, 29, 0, 23, 0, 24})) // groups
	extensions = extension(extensions, 11, []byte{1, 0})                         // points
	extensions = extension(extensions, 13, counted([]byte{4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 2, 1, 2, 3}))
	extensions = extension(extensions, 0xff01, []byte{0}) // renegotiation_info
	if h.early {
		extensions = extension(extensions, 43, []byte{2, 3, 4})
		extensions = extension(extensions, 51, counted(append([]byte{0, 29, 0, 32}, random(32)...)))
		extensions = extension(extensions, 45, []byte{1, 1})
		extensions = extension(extensions, 42, nil)
		identity := append(counted(random(64)), 0, 0, 0, 1)
		extensions = extension(extensions, 41, append(counted(identity), counted(append([]byte{32}, random(32)...))...))
	}
	body = append(body, counted(extensions)...)
	return append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// counted puts two bytes of length before b.
func counted(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

func extension(b []byte, kind uint16, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, kind), counted(content)...)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

// has tells whether a record of this kind is among what was read.
func has(read []byte, kind byte) bool {
	for len(read) >= 5 && read[1] == 3 {
		if read[0] == kind {
			return true
		}
		read = read[min(len(read), 5+int(binary.BigEndian.Uint16(read[3:]))):]
	}
	return false
}
