package check

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// flight is what a server says first in a handshake of TLS 1.0 to 1.2, all of it
// in clear (RFC 5246 §7.3).
type flight struct {
	version, suite uint16
	chain          [][]byte // as sent, leaf first
	asked          bool     // for our certificate
	done           bool     // it came to its end
}

// maxFlight bounds what is read of one; no chain that anybody takes is as long.
const maxFlight = 1 << 18

// errFlight says that what came is not what a server says first.
var errFlight = errors.New("what came is no ServerHello of TLS")

// read takes records up to the end of the flight. Once the server has chosen, an
// end before that does no harm.
func (f *flight) read(conn io.Reader) error {
	var waiting []byte
	for total := 0; total < maxFlight && !f.done; {
		var header [5]byte
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			return f.unless(err)
		}
		size := int(binary.BigEndian.Uint16(header[3:]))
		if header[1] != 3 || header[0] != typeAlert && header[0] != typeHandshake || size == 0 || size > 1<<14 {
			return f.unless(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake", RecordHeader: header})
		}
		content := make([]byte, size)
		if _, err := io.ReadFull(conn, content); err != nil {
			return f.unless(err)
		}
		total += len(header) + size
		if header[0] == typeAlert {
			if content[0] == 1 && len(content) > 1 && content[1] != 0 { // a warning, such as unrecognized_name
				continue
			}
			return f.unless(&net.OpError{Op: "remote error", Err: tls.AlertError(content[len(content)-1])})
		}
		var err error
		if waiting, err = f.messages(append(waiting, content...)); err != nil {
			return f.unless(err)
		}
	}
	return f.unless(errFlight)
}

// unless is why nothing was chosen, if nothing was.
func (f *flight) unless(err error) error {
	if f.version != 0 {
		return nil
	}
	return err
}

// messages takes whole messages, and returns the rest.
func (f *flight) messages(b []byte) (rest []byte, err error) {
	for len(b) >= 4 && !f.done {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if size > maxFlight {
			return nil, errFlight
		}
		if len(b) < 4+size {
			return b, nil
		}
		if err := f.message(b[0], b[4:4+size]); err != nil {
			return nil, err
		}
		b = b[4+size:]
	}
	return b, nil
}

func (f *flight) message(kind byte, body []byte) error {
	switch {
	case kind == serverHello && f.version == 0:
		if len(body) < 38 || len(body) < 38+int(body[34]) { // version, random, session, suite, compression
			return errFlight
		}
		f.version, f.suite = binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[35+int(body[34]):])
	case f.version == 0:
		return errFlight
	case kind == serverCertificate && f.chain == nil:
		return f.certificates(body)
	case kind == certificateRequest:
		f.asked = true
	case kind == serverHelloDone:
		f.done = true
	}
	return nil
}

// certificates reads the list of a Certificate (RFC 5246 §7.4.2): each with its
// length before it, in three bytes.
func (f *flight) certificates(body []byte) error {
	if len(body) < 3 {
		return errFlight
	}
	for b := body[3:]; len(b) > 0; {
		if len(b) < 3 {
			return errFlight
		}
		size := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		if len(b) < 3+size {
			return errFlight
		}
		f.chain, b = append(f.chain, b[3:3+size]), b[3+size:]
	}
	return nil
}
