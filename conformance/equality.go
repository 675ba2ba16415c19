package conformance

import (
	"slices"
	"strconv"
	"strings"

	"fedge/sip/raw"
)

// What a node repeats need not come back byte for byte where the RFC asks for
// equality: order, case and white space that mean nothing are its own affair.

// EqualURI compares URIs (RFC 3261 §19.1.4), but that who copies a URI copies
// its parameters: none may be missing, whatever comparison makes of that.
func EqualURI(a, b string) bool {
	if a == b {
		return true
	}
	u, err := raw.ParseURI(strings.TrimSpace(a))
	v, err2 := raw.ParseURI(strings.TrimSpace(b))
	return err == nil && err2 == nil && u.Scheme == v.Scheme && u.Port == v.Port && u.Headers == v.Headers &&
		plain(u.User) == plain(v.User) && strings.EqualFold(u.Host, v.Host) && sameParams(u.Params, v.Params)
}

// EqualAddress compares values of From, To and their like by URI and those
// parameters that both have (RFC 3261 §20.20). A tag is not left out.
func EqualAddress(a, b string) bool {
	m, n, ok := addresses(a, b)
	if !ok {
		return a == b
	}
	_, tagged := m.Params.Get("tag")
	_, tagged2 := n.Params.Get("tag")
	return EqualURI(m.URI.Original, n.URI.Original) && tagged == tagged2 && agree(m.Params, n.Params)
}

// unabridged tells whether of two equal addresses neither has a display name or
// a parameter that the other lacks.
func unabridged(a, b string) bool {
	m, n, ok := addresses(a, b)
	return !ok || displayed(a, m) == displayed(b, n) && sameParams(m.Params, n.Params)
}

// HoldsAddress is nil when an address is as it must be. That a display name or a
// parameter is kept that §20.20 leaves out of the comparison is a SHOULD.
func HoldsAddress(what, expected, actual string) error {
	switch {
	case !EqualAddress(expected, actual):
		return Fault(Content, what+": "+expected, actual)
	case !unabridged(expected, actual):
		return &Mismatch{Class: Content, Severity: Should, Expected: what + ": " + expected, Actual: actual}
	}
	return nil
}

// HoldsURI is nil when a URI is as it must be.
func HoldsURI(what, expected, actual string) error {
	if EqualURI(expected, actual) {
		return nil
	}
	return Fault(Content, what+": "+expected, actual)
}

// HoldsRoutes is nil when the URIs of a list are those expected, in their order
// and byte for byte, as proxies sign theirs (RFC 3261 §12.1.1: the URIs, and all
// of their parameters). Exact holds it to the parameters behind the URIs too.
func HoldsRoutes(what string, expected, actual []string, exact bool) error {
	same := slices.EqualFunc(expected, actual, func(a, b string) bool {
		m, n, ok := addresses(a, b)
		return ok && m.URI.Original == n.URI.Original && (!exact || sameParams(m.Params, n.Params))
	})
	if same {
		return nil
	}
	return Holds(what, strings.Join(expected, ", "), strings.Join(actual, ", "))
}

// EqualVia compares Vias: protocol, sent-by, and the set of parameters (RFC 3261
// §20.42).
func EqualVia(a, b string) bool {
	v, w, ok := vias(a, b)
	return ok && sameHop(v, w) && sameParams(v.Params, w.Params)
}

// EqualField compares what a field of that name holds, or "Request-URI"; where
// nothing is known about it, byte for byte.
func EqualField(name, a, b string) bool {
	switch name {
	case "From", "To":
		return EqualAddress(a, b)
	case "Request-URI":
		return EqualURI(a, b)
	case "Via":
		return EqualVia(a, b)
	case "CSeq", "RAck", "Min-SE":
		return slices.Equal(numbers(a), numbers(b))
	}
	return a == b
}

// numbers are the parts of CSeq, RAck or Min-SE, without zeros before them.
func numbers(value string) []string {
	parts := strings.Fields(value)
	for i, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 64); err == nil {
			parts[i] = strconv.FormatUint(n, 10)
		}
	}
	return parts
}

// EqualTags compares lists of option tags, methods and their like: tokens, which
// have no case (RFC 3261 §7.3.1), in no order.
func EqualTags(a, b []string) bool { return slices.Equal(folded(a), folded(b)) }

func folded(tags []string) []string {
	var all []string
	for _, tag := range tags {
		all = append(all, strings.ToLower(strings.TrimSpace(tag)))
	}
	slices.Sort(all)
	return all
}

func addresses(a, b string) (m, n raw.NameAddr, ok bool) {
	m, err := raw.ParseNameAddr(a)
	n, err2 := raw.ParseNameAddr(b)
	return m, n, err == nil && err2 == nil
}

func vias(a, b string) (v, w raw.Via, ok bool) {
	v, err := raw.ParseVia(a)
	w, err2 := raw.ParseVia(b)
	return v, w, err == nil && err2 == nil
}

func sameHop(v, w raw.Via) bool {
	return strings.EqualFold(v.Transport, w.Transport) && strings.EqualFold(v.Host, w.Host) && v.Port == w.Port
}

// displayed is a display name; white space between tokens is one, in quotes it is
// text.
func displayed(value string, of raw.NameAddr) string {
	if strings.HasPrefix(strings.TrimSpace(value), `"`) {
		return of.Display
	}
	return strings.Join(strings.Fields(of.Display), " ")
}

// sameParams compares parameters as a set.
func sameParams(a, b raw.Params) bool {
	return len(a) == len(b) && agree(a, b) && !slices.ContainsFunc(a, func(p raw.Param) bool {
		_, there := b.Get(p.Name)
		return !there
	})
}

// agree tells whether the parameters that both have are the same.
func agree(a, b raw.Params) bool {
	return !slices.ContainsFunc(a, func(p raw.Param) bool {
		value, there := b.Get(p.Name)
		return there && !strings.EqualFold(value, p.Value)
	})
}

// plain is a user without the escapes that need not be (RFC 3261 §19.1.4).
func plain(user string) string {
	var b strings.Builder
	for i := 0; i < len(user); i++ {
		if c, ok := escaped(user[i:]); ok {
			if strings.IndexByte("-_.!~*'()", c) >= 0 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
				b.WriteByte(c)
			} else {
				b.WriteString(strings.ToUpper(user[i : i+3]))
			}
			i += 2
			continue
		}
		b.WriteByte(user[i])
	}
	return b.String()
}

// escaped is the character that an escape at the beginning of s stands for.
func escaped(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	c, err := strconv.ParseUint(s[1:3], 16, 8)
	return byte(c), err == nil
}
