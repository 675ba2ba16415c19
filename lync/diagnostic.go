package lync

import (
	"fmt"
	"strings"
)

// Diagnostic is why an Access Edge did not put a request through, as it tells
// its own users in ms-diagnostics ([MS-OCER]). The partner only sees a bare
// 504.
type Diagnostic struct {
	ID         int    // 1008, 1009, 1010, 1014, 1046, 1047, …
	Reason     string // the text that belongs to the ID
	Status     int    // what the user's client is answered: 504; 404 to a partner, for DiagNoUser
	Attributes []Attribute
	Err        error // what happened here, or nil
}

// Attribute is one more fact of a Diagnostic: ErrorType, tls-target, ….
type Attribute struct{ Name, Value string }

// The diagnostics that an Edge makes about a partner.
const (
	DiagNoSRV        = 1008
	DiagNoMatch      = 1009
	DiagCertificate  = 1010
	DiagNoAddress    = 1014
	DiagSourceDomain = 1015
	DiagParse        = 1018
	DiagConnect      = 1046
	DiagHandshake    = 1047
	DiagNoUser       = 4005 // of the user services, not of the Edge
)

// reasons are the texts as they stand on the wire.
func reasonOf(id int) string {
	switch id {
	case DiagNoSRV:
		return "Unable to resolve DNS SRV record"
	case DiagNoMatch:
		return "No match for domain in DNS SRV results"
	case DiagCertificate:
		return "Certificate trust with another server could not be established"
	case DiagNoAddress:
		return "Unable to resolve DNS A record"
	case DiagSourceDomain:
		return "Cannot route from message source domain"
	case DiagParse:
		return "Parsing failure"
	case DiagConnect:
		return "Failed to connect to a federated peer server"
	case DiagHandshake:
		return "Failed to complete TLS negotiation with a federated peer server"
	case DiagNoUser:
		return "Destination URI either not enabled for SIP or does not exist"
	}
	return ""
}

// diagnose makes a Diagnostic; facts are names and values in turn.
func diagnose(id int, err error, facts ...string) *Diagnostic {
	d := &Diagnostic{ID: id, Reason: reasonOf(id), Status: 504, Err: err}
	for i := 0; i+1 < len(facts); i += 2 {
		d.Attributes = append(d.Attributes, Attribute{facts[i], facts[i+1]})
	}
	return d
}

// Header is the value of the ms-diagnostics header that users' clients get.
func (d *Diagnostic) Header() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d;reason=%q", d.ID, d.Reason)
	for _, a := range d.Attributes {
		fmt.Fprintf(&b, ";%s=%q", a.Name, a.Value)
	}
	return b.String()
}

func (d *Diagnostic) Error() string {
	text := "lync: " + d.Header()
	if d.Err != nil {
		text += ": " + d.Err.Error()
	}
	return text
}

// Unwrap gives what happened here.
func (d *Diagnostic) Unwrap() error { return d.Err }
