package torture

import (
	"bytes"
	"embed"
	"fmt"

	"fedge/conformance"
)

// messages are the RFC's own, byte for byte; see README.md there.
//
//go:embed rfc4475/*.dat
var messages embed.FS

// fixture is one of them. The name is the RFC's.
func fixture(name string) ([]byte, error) {
	b, err := messages.ReadFile("rfc4475/" + name + ".dat")
	if err != nil {
		return nil, fmt.Errorf("torture: no message of that name: %w", err)
	}
	return b, nil
}

// beside puts a description before the parts of a multipart body.
func beside(s *conformance.Stand, message []byte) []byte {
	const boundary = "--7a9cbec02ceef655\r\n"
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return conformance.Recounted(s, fmt.Appendf(nil, "%s\r\n\r\n%sContent-Type: application/sdp\r\n\r\n%s\r\n%s", head, boundary, s.Offer(), body))
}
