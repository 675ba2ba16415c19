package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// host is any host name of the RFC's.
var host = regexp.MustCompile(`(?:[A-Za-z0-9-]+\.)*(?:example\.(?:com|net|org|edu)|company\.com)`)

// transport is what a Via says of the hop.
var transport = regexp.MustCompile(`/(\s*)(UDP|TCP|SCTP)\b`)

// branch is a cookie with something behind it, which has to be ours alone.
var branch = regexp.MustCompile(`z9hG4bK([A-Za-z0-9])`)

// Aim makes a message one between the partner and the node: hosts in the start
// line, To and Route become the node's, that of From the partner's, the topmost
// Via says TLS. Call-ID and branch get a mark of this run. Nothing else is
// touched, least of all what tortures.
func Aim(s *Stand, message []byte) []byte {
	fresh := random(5)
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

// Edit changes a message on its way to the node.
type Edit func(s *Stand, message []byte) []byte

// As makes the request one of another method: a node that serves no REGISTER
// still has to read what one says.
func As(method string) Edit {
	return func(_ *Stand, message []byte) []byte {
		old, _, _ := bytes.Cut(message, []byte(" "))
		message = bytes.Replace(message, append(old, ' '), []byte(method+" "), 1)
		return bytes.Replace(message, append([]byte(" "), append(old, '\r')...), []byte(" "+method+"\r"), 1)
	}
}

// Instead replaces text, once.
func Instead(old, with string) Edit {
	return func(_ *Stand, message []byte) []byte {
		return bytes.Replace(message, []byte(old), []byte(with), 1)
	}
}

// Counted gives the message the Content-Length that it lacks.
func Counted(_ *Stand, message []byte) []byte {
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return fmt.Appendf(nil, "%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// Recounted sets the Content-Length that is there right: in a datagram it may be
// shorter than what follows, on a stream that would be the next message.
func Recounted(_ *Stand, message []byte) []byte {
	_, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return length.ReplaceAll(message, fmt.Appendf(nil, "${1}%d", len(body)))
}

var length = regexp.MustCompile(`(?im)^((?:content-length|l)\s*:\s*)\d+`)

// AtRoom aims the request at the room under test.
func AtRoom(s *Stand, message []byte) []byte {
	return Toward(s.URI())(s, message)
}

// Toward gives the request another Request-URI.
func Toward(uri string) Edit {
	return func(_ *Stand, message []byte) []byte {
		line, rest, _ := bytes.Cut(message, []byte("\r\n"))
		method, _, _ := bytes.Cut(line, []byte(" "))
		return fmt.Appendf(nil, "%s %s SIP/2.0\r\n%s", method, uri, rest)
	}
}

// Offering gives the request a description that the room takes, and the Contact
// that an INVITE must have.
func Offering(s *Stand, message []byte) []byte {
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
	return Reachable(s, fmt.Appendf(nil, "%s\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", strings.Join(kept, "\r\n"), len(offer), offer))
}

// Reachable gives an INVITE the one Contact that it must have (RFC 3261
// §8.1.1.8), should a message made from another method lack it.
func Reachable(s *Stand, message []byte) []byte {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	if slices.ContainsFunc(fields(string(head)), func(field string) bool {
		name := fieldName(field)
		return name == "contact" || name == "m"
	}) {
		return message
	}
	return Adding("Contact: <sip:fedge@"+s.Target.Partner.Host+":5061;transport=tls>")(s, message)
}

// Without takes all fields of a name away.
func Without(name string) Edit {
	return func(_ *Stand, message []byte) []byte {
		head, body, _ := strings.Cut(string(message), "\r\n\r\n")
		kept := slices.DeleteFunc(fields(head), func(field string) bool { return fieldName(field) == strings.ToLower(name) })
		return []byte(strings.Join(kept, "\r\n") + "\r\n\r\n" + body)
	}
}

// Twice puts every field of a name there a second time.
func Twice(name string) Edit {
	return func(_ *Stand, message []byte) []byte {
		head, body, _ := strings.Cut(string(message), "\r\n\r\n")
		var out []string
		for _, field := range fields(head) {
			if out = append(out, field); fieldName(field) == strings.ToLower(name) {
				out = append(out, field)
			}
		}
		return []byte(strings.Join(out, "\r\n") + "\r\n\r\n" + body)
	}
}

// Adding puts lines before the end of the head.
func Adding(lines ...string) Edit {
	return func(_ *Stand, message []byte) []byte {
		head, body, _ := strings.Cut(string(message), "\r\n\r\n")
		return []byte(head + "\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
	}
}

// Field puts another line in place of each field of a name; it is given the
// field's value, and may give several lines.
func Field(name string, line func(value string) string) Edit {
	return func(_ *Stand, message []byte) []byte {
		head, body, _ := strings.Cut(string(message), "\r\n\r\n")
		all := fields(head)
		for i, field := range all[1:] {
			if fieldName(field) == strings.ToLower(name) {
				_, value, _ := strings.Cut(field, ":")
				all[i+1] = line(strings.TrimSpace(value))
			}
		}
		return []byte(strings.Join(all, "\r\n") + "\r\n\r\n" + body)
	}
}

// Each changes the name of every field.
func Each(rename func(name string) string) Edit {
	return func(_ *Stand, message []byte) []byte {
		head, body, _ := strings.Cut(string(message), "\r\n\r\n")
		all := fields(head)
		for i, field := range all[1:] {
			name, value, _ := strings.Cut(field, ":")
			all[i+1] = rename(name) + ":" + value
		}
		return []byte(strings.Join(all, "\r\n") + "\r\n\r\n" + body)
	}
}
