package torture

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

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

// host is any host name of the RFC's.
var host = regexp.MustCompile(`(?:[A-Za-z0-9-]+\.)*(?:example\.(?:com|net|org|edu)|company\.com)`)

// transport is what a Via says of the hop.
var transport = regexp.MustCompile(`/(\s*)(UDP|TCP|SCTP)\b`)

// branch is a cookie with something behind it, which has to be ours alone.
var branch = regexp.MustCompile(`z9hG4bK([A-Za-z0-9])`)

// aim makes a message one between the partner and the node: hosts in the start
// line, To and Route become the node's, that of From the partner's, the topmost
// Via says TLS. Call-ID and branch get a mark of this run. Nothing else is
// touched, least of all what tortures.
func aim(s *conformance.Stand, message []byte) []byte {
	mark := make([]byte, 5)
	rand.Read(mark) // never fails: crypto/rand ends the program instead
	fresh := hex.EncodeToString(mark)
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	var out strings.Builder
	vias := 0
	for i, field := range fields(string(head)) {
		switch name := fieldName(field); {
		case i == 0:
			field = host.ReplaceAllString(field, s.Target.Domain)
		case name == "to" || name == "t":
			field = host.ReplaceAllString(field, s.Target.Domain)
		case name == "from" || name == "f":
			field = host.ReplaceAllString(field, s.Target.Partner.Domain)
		case name == "route":
			field = host.ReplaceAllString(field, s.Target.Node)
		case name == "call-id" || name == "i":
			field += "-" + fresh
		case name == "via" || name == "v":
			if vias++; vias == 1 {
				field = transport.ReplaceAllString(field, "/${1}TLS")
				field = branch.ReplaceAllString(field, "z9hG4bK"+fresh+"$1")
			}
		}
		out.WriteString(field + "\r\n")
	}
	return append([]byte(out.String()+"\r\n"), body...)
}

// fields cuts a head into its start line and fields, folds included.
func fields(head string) []string {
	var all []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(all) > 0 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			all[len(all)-1] += "\r\n" + line
			continue
		}
		all = append(all, line)
	}
	return all
}

func fieldName(field string) string {
	name, _, _ := strings.Cut(field, ":")
	return strings.ToLower(strings.TrimSpace(name))
}

// edit changes a message on its way to the node.
type edit func(s *conformance.Stand, message []byte) []byte

// as makes the request one of another method: a node that serves no REGISTER
// still has to read what one says.
func as(method string) edit {
	return func(_ *conformance.Stand, message []byte) []byte {
		old, _, _ := bytes.Cut(message, []byte(" "))
		message = bytes.Replace(message, append(old, ' '), []byte(method+" "), 1)
		return bytes.Replace(message, append([]byte(" "), append(old, '\r')...), []byte(" "+method+"\r"), 1)
	}
}

// instead replaces text, once.
func instead(old, with string) edit {
	return func(_ *conformance.Stand, message []byte) []byte {
		return bytes.Replace(message, []byte(old), []byte(with), 1)
	}
}

// counted gives the message the Content-Length that it lacks.
func counted(_ *conformance.Stand, message []byte) []byte {
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return fmt.Appendf(nil, "%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// recounted sets the Content-Length that is there right: in a datagram it may be
// shorter than what follows, on a stream that would be the next message.
func recounted(_ *conformance.Stand, message []byte) []byte {
	_, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return length.ReplaceAll(message, fmt.Appendf(nil, "${1}%d", len(body)))
}

var length = regexp.MustCompile(`(?im)^((?:content-length|l)\s*:\s*)\d+`)

// atRoom aims the request at the room under test.
func atRoom(s *conformance.Stand, message []byte) []byte {
	return toward(s.URI())(s, message)
}

// toward gives the request another Request-URI.
func toward(uri string) edit {
	return func(_ *conformance.Stand, message []byte) []byte {
		line, rest, _ := bytes.Cut(message, []byte("\r\n"))
		method, _, _ := bytes.Cut(line, []byte(" "))
		return fmt.Appendf(nil, "%s %s SIP/2.0\r\n%s", method, uri, rest)
	}
}

// offering gives the request a description that the room takes.
func offering(s *conformance.Stand, message []byte) []byte {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	var kept []string
	for _, field := range fields(string(head)) {
		switch fieldName(field) {
		case "content-length", "l", "content-type", "c":
		default:
			kept = append(kept, field)
		}
	}
	offer := s.Offer()
	return fmt.Appendf(nil, "%s\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", strings.Join(kept, "\r\n"), len(offer), offer)
}

// beside puts a description before the parts of a multipart body.
func beside(s *conformance.Stand, message []byte) []byte {
	const boundary = "--7a9cbec02ceef655\r\n"
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return recounted(s, fmt.Appendf(nil, "%s\r\n\r\n%sContent-Type: application/sdp\r\n\r\n%s\r\n%s", head, boundary, s.Offer(), body))
}
