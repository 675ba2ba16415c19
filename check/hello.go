package check

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"
)

// hello is the opening of a handshake of TLS 1.0 to 1.2 as far as it goes in
// clear: what the node chose, its certificates, and whether it wants ours. No key
// comes of it, so that it can offer suites which crypto/tls does not have.
type hello struct {
	name            string // SNI
	lowest, highest uint16
	suites          []uint16
}

// say sends the offer and reads what the node answers.
func (h hello) say(conn net.Conn) (flight, error) {
	if _, err := conn.Write(h.record()); err != nil {
		return flight{}, err
	}
	var f flight
	err := f.read(conn)
	if err == nil && (f.version < h.lowest || f.version > h.highest) { // a list for 1.2 holds suites that 1.0 has too
		f, err = flight{}, versionError(f.version)
	}
	conn.Write([]byte{typeAlert, 3, 1, 0, 2, 1, 90, typeAlert, 3, 1, 0, 2, 1, 0}) // user_canceled, close_notify (RFC 5246 §7.2.1)
	return f, err
}

// versionError says that a node chose a version that was not offered.
type versionError uint16

func (e versionError) Error() string { return "it chose " + tls.VersionName(uint16(e)) }

// Of RFC 5246 §6.2.1 and §7.4.
const (
	typeAlert     = 21
	typeHandshake = 22

	clientHello        = 1
	serverHello        = 2
	serverCertificate  = 11
	certificateRequest = 13
	serverHelloDone    = 14
)

// record is the hello as one record of TLS (RFC 5246 §7.4.1.2).
func (h hello) record() []byte {
	var random [32]byte
	rand.Read(random[:])
	body := append(binary.BigEndian.AppendUint16(nil, h.highest), random[:]...)
	body = append(body, 0) // no session to resume
	var suites []byte
	for _, id := range h.suites {
		suites = binary.BigEndian.AppendUint16(suites, id)
	}
	body = sized16(body, suites)
	body = append(body, 1, 0) // no compression
	body = sized16(body, h.extensions())
	message := append([]byte{clientHello, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	return sized16([]byte{typeHandshake, 3, 1}, message)
}

// extensions are those without which some servers agree on nothing.
func (h hello) extensions() (list []byte) {
	add := func(kind uint16, content []byte) { list = sized16(binary.BigEndian.AppendUint16(list, kind), content) }
	if name := strings.TrimSuffix(h.name, "."); name != "" && !isAddress(name) {
		add(0, sized16(nil, sized16([]byte{0}, []byte(name)))) // server_name (RFC 6066 §3)
	}
	add(10, sized16(nil, []byte{0, 29, 0, 23, 0, 24, 0, 25})) // supported_groups: X25519, P-256, P-384, P-521
	add(11, []byte{1, 0})                                     // ec_point_formats: uncompressed
	if h.highest >= tls.VersionTLS12 {
		add(13, sized16(nil, []byte{ // signature_algorithms: ECDSA, RSA-PSS, PKCS #1, down to SHA-1
			4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 8, 7, 4, 1, 5, 1, 6, 1, 2, 3, 2, 1,
		}))
	}
	add(23, nil)           // extended_master_secret (RFC 7627), which some demand
	add(0xff01, []byte{0}) // renegotiation_info (RFC 5746)
	return list
}

// sized16 appends content with its length before it, in two bytes.
func sized16(to, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(content))), content...)
}
