package dns

import (
	"fmt"
	"net/netip"
	"time"
)

// Kind says in one word why there is no record. It is fit for a metric label.
type Kind string

const (
	NoSuchName    Kind = "no-such-name"   // NXDOMAIN: the name does not exist at all (RFC 1035 §4.1.1)
	NoData        Kind = "no-data"        // the name exists but has no record of this type (RFC 2308 §2.2)
	ServerFailure Kind = "server-failure" // SERVFAIL, or an answer that makes no sense
	Refused       Kind = "refused"        // the server does not want to answer us
	Timeout       Kind = "timeout"        // no server answered in time
	Unreachable   Kind = "unreachable"    // the network, or the host, gave an error instead of an answer
	NotItsZone    Kind = "not-its-zone"   // the answer is not authoritative, and was to be
	BadName       Kind = "bad-name"       // what was asked for is no domain name; nothing was sent
)

// Error says why a question has no answer. When several servers were asked it
// is about the last of them.
type Error struct {
	Name   string // what was asked, without trailing dot
	Type   string // SRV, A, AAAA, CNAME
	Kind   Kind
	Server string // ADDR:PORT of who said so; "" when nobody did
	Err    error  // the why below, or nil

	// Absence is how long it may be remembered that there is nothing: what the
	// zone's SOA says, and not at all without one (RFC 2308 §5).
	Absence time.Duration
}

// Error reads like "dns: SRV _sipfederationtls._tcp.fabrikam.example: the name
// does not exist (NXDOMAIN); asked 192.0.2.53:53".
func (e *Error) Error() string {
	text := fmt.Sprintf("dns: %s %s: %s", e.Type, e.Name, e.Kind.words())
	if e.Server != "" {
		text += "; asked " + e.Server
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the reason below, for errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// Timeout and Temporary make an Error a net.Error.
func (e *Error) Timeout() bool { return e.Kind == Timeout }

// Temporary is true when asking again later may help.
func (e *Error) Temporary() bool {
	return e.Kind == Timeout || e.Kind == ServerFailure || e.Kind == Unreachable
}

func (k Kind) words() string {
	switch k {
	case NoSuchName:
		return "the name does not exist (NXDOMAIN)"
	case NoData:
		return "the name has no such record"
	case NotItsZone:
		return "the server has not the zone itself: the delegation is stale, or something on the way answers in its place"
	case ServerFailure:
		return "the server could not answer (SERVFAIL)"
	case Refused:
		return "the server refuses to answer (REFUSED)"
	case Timeout:
		return "no answer in time"
	case Unreachable:
		return "the server cannot be reached"
	case BadName:
		return "not a domain name"
	}
	return string(k)
}

func server(addr netip.AddrPort) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
