//go:build mutants

package lab_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// values rewrites what header fields hold.
func values(change func(name, value string) string) conformance.Variation {
	return func(m *raw.Message) []byte {
		return heads(m, func(name, value string) string { return name + ": " + change(name, value) })
	}
}

// capitals: tokens have no case (RFC 3261 §7.3.1), unless they are methods.
func capitals(name, value string) string {
	if slices.Contains([]string{"Supported", "Require", "Unsupported"}, name) {
		return strings.ToUpper(value)
	}
	return value
}

// addresses are fields whose values have parameters in no order.
var addresses = []string{"Via", "From", "To", "Contact", "Record-Route", "Route", "Session-Expires"}

// turned turns the order of parameters round. Two Vias, or two addresses, stay in
// theirs.
func turned(name, value string) string {
	return elements(name, value, func(head string, params []string) string {
		slices.Reverse(params)
		return strings.Join(append([]string{head}, params...), ";")
	}, ", ")
}

// spaced: SWS may stand around ";", "=", "," and "/" (RFC 3261 §25.1).
func spaced(name, value string) string {
	switch name {
	case "Content-Type":
		return strings.Replace(value, "/", " / ", 1)
	case "Supported", "Require", "Unsupported", "Allow":
		return strings.Join(raw.SplitList(value), " \t,\r\n ")
	}
	return elements(name, value, func(head string, params []string) string {
		if name == "Via" {
			head = strings.Replace(head, "SIP/2.0/", "SIP / 2.0\t/ ", 1)
		}
		for i, p := range params {
			params[i] = strings.Replace(p, "=", " =\t", 1)
		}
		return strings.Join(append([]string{head}, params...), " ;\t")
	}, " , ")
}

// tight: none need stand between a quoted name and its "<", nor behind a comma.
func tight(name, value string) string {
	if strings.HasPrefix(value, "\"") {
		value = strings.Replace(value, "\" <", "\"<", 1)
	}
	return elements(name, value, func(head string, params []string) string {
		return strings.Join(append([]string{strings.TrimSpace(head)}, params...), ";")
	}, ",")
}

// elements rewrites each value of a list of addresses.
func elements(name, value string, change func(head string, params []string) string, comma string) string {
	if !slices.Contains(addresses, name) {
		return value
	}
	var all []string
	for _, one := range raw.SplitList(value) {
		pieces := cutOutside(one)
		all = append(all, change(pieces[0], pieces[1:]))
	}
	return strings.Join(all, comma)
}

// cutOutside cuts a value at its semicolons, but not inside quotes or "<>".
func cutOutside(value string) (pieces []string) {
	quoted, angled, from := false, false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == '<', !quoted && c == '>':
			angled = c == '<'
		case !quoted && !angled && c == ';':
			pieces, from = append(pieces, strings.TrimSpace(value[from:i])), i+1
		}
	}
	return append(pieces, strings.TrimSpace(value[from:]))
}

// unlisted: a list in one line and in several are the same (RFC 3261 §7.3.1).
func unlisted(m *raw.Message) []byte {
	return heads(m, func(name, value string) string {
		if !slices.Contains([]string{"Supported", "Require", "Unsupported", "Allow", "Accept", "Record-Route", "Route", "Via"}, name) {
			return name + ": " + value
		}
		return name + ": " + strings.Join(raw.SplitList(value), "\r\n"+name+": ")
	})
}

// adorned adds what says nothing: zeros, a comment that holds another, a name and
// parameters that nobody knows.
func adorned(name, value string) string {
	switch name {
	case "Min-SE", "RSeq", "Session-Expires":
		return "00" + value
	case "Retry-After":
		return "0" + value + " (busy (really)) ;duration=3600"
	case "Contact":
		if strings.HasPrefix(value, "<") {
			return `"A <node>, at work" ` + value + `;expires=3600;+sip.instance="<urn:uuid:1;2>";x`
		}
	case "Accept":
		return strings.Join(raw.SplitList(value), ";q=0.5, ") + ";q=1.0"
	}
	return value
}

// speechless: a reason phrase may be empty (RFC 3261 §25.1).
func speechless(m *raw.Message) []byte {
	if m.Status() == 0 {
		return m.Bytes
	}
	end := bytes.Index(m.Bytes, []byte("\r\n"))
	return slices.Concat(fmt.Appendf(nil, "SIP/2.0 %d ", m.Status()), m.Bytes[end:])
}

// described adds to a session what nobody need understand (RFC 8866 §5.13).
func described(m *raw.Message) []byte {
	body := bytes.Replace(m.Body, []byte("\r\nt=0 0\r\n"), []byte("\r\nb=X-FEDGE:64\r\nt=0 0\r\na=tool:x\r\na=unheard-of\r\n"), 1)
	if bytes.Equal(body, m.Body) {
		return m.Bytes
	}
	longer := *m
	longer.Body = body
	return heads(&longer, func(name, value string) string {
		if strings.EqualFold(name, "Content-Length") {
			value = fmt.Sprint(len(body))
		}
		return name + ": " + value
	})
}
