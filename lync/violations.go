package lync

import (
	"net/netip"
	"slices"
	"strings"

	"fedge/sip/raw"
)

// Violation is a rule that the peer broke without ending the call by it.
type Violation struct {
	Rule   string // a short name: "record-route-echo", "crypto-tag", …
	Detail string // what was seen
}

// maxViolations bounds what one call remembers.
const maxViolations = 32

// Violations are the rules that the peer broke so far.
func (m *Machine) Violations() []Violation { return slices.Clone(m.violations) }

func (m *Machine) note(rule, detail string) {
	if len(m.violations) < maxViolations {
		m.violations = append(m.violations, Violation{rule, detail})
	}
}

// check looks at a response to our INVITE. dialog: it must create one.
func (m *Machine) check(r *raw.Message, dialog bool) {
	if m.lenient {
		return
	}
	m.checkVia(r)
	if from := r.Get("From"); from != m.local {
		m.note("from-echo", "From came back as "+from)
	}
	if !dialog {
		return
	}
	if r.Tag("To") == "" {
		m.note("to-tag", "2xx without To tag")
	}
	recorded := r.List("Record-Route")
	if n := len(recorded) - len(m.variant.routes); n < 0 || !slices.Equal(recorded[n:], m.variant.routes) {
		// RFC 3261 §12.1.1: all of them, in order, parameters and all.
		m.note("record-route-echo", "Record-Route came back as "+strings.Join(recorded, ", "))
	}
	m.checkContact(r)
}

// checkVia wants every Via back as it was sent (RFC 3261 §8.2.6.2).
func (m *Machine) checkVia(r *raw.Message) {
	if got := r.List("Via"); len(got) == 0 || !slices.Equal(got[1:], m.variant.vias) {
		m.note("via-echo", "the Via values below the topmost came back as "+strings.Join(got, ", "))
	}
}

// checkContact wants the host by name: Lync sends nothing to an address.
func (m *Machine) checkContact(r *raw.Message) {
	uri, err := raw.ParseURI(contactOf(r))
	if err != nil {
		m.note("contact", "2xx without a Contact that can be read: "+r.Get("Contact"))
		return
	}
	if _, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err == nil {
		m.note("contact-address", "Contact names an address, not a host: "+uri.Original)
	}
}

// checkRoute looks at a request of the peer in the dialog: the Request-URI must
// be our Contact unchanged, and Route our proxies in order (RFC 3261 §12.2.1.1).
func (m *Machine) checkRoute(request *raw.Message) {
	if m.lenient {
		return
	}
	if uri := request.RequestURI(); uri != m.contact {
		m.note("request-uri", request.Method()+" was sent to "+uri+" instead of our Contact")
	}
	var got, want []string
	for _, route := range request.List("Route") {
		got = append(got, bracketed(route))
	}
	for _, route := range m.variant.routes {
		want = append(want, bracketed(route))
	}
	if !slices.Equal(got, want) {
		m.note("route", request.Method()+" came with Route "+strings.Join(got, ", "))
	}
}
