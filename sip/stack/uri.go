package stack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"

	"fedge/sip/gate"
)

// URI is a parsed URI. Its parameter names are in lower case.
type URI = sip.Uri

// ErrURI is what is wrong with a URI or address that two parsers could read
// differently.
var ErrURI = errors.New("stack: a malformed URI or address")

// ParseURI parses a SIP or SIPS URI strictly: one unescaped "@", a host that
// RFC 3261 §25.1 allows, no white space, quotes, control characters or headers.
// The gate's reading and sipgo's must agree. Other schemes are returned with
// their Scheme only.
func ParseURI(s string) (URI, error) {
	parts, err := gate.SplitURI(s)
	if err != nil {
		return URI{}, fmt.Errorf("%w: %w", ErrURI, err)
	}
	if !parts.SIP() {
		return URI{Scheme: strings.ToLower(parts.Scheme)}, nil
	}
	var u URI
	if err := sip.ParseUri(s, &u); err != nil {
		return URI{}, fmt.Errorf("%w: %w", ErrURI, err)
	}
	user := u.User
	if u.Password != "" {
		user += ":" + u.Password
	}
	if user != parts.User || u.Host != parts.Host || u.Port != parts.Port || u.HierarhicalSlashes || !alike(u.UriParams, parts.Params) {
		return URI{}, fmt.Errorf("%w: it can be read in two ways", ErrURI)
	}
	for i := range u.UriParams {
		u.UriParams[i].K = strings.ToLower(u.UriParams[i].K)
	}
	return u, nil
}

// alike tells whether sipgo finds the parameters that the gate finds.
func alike(theirs sip.HeaderParams, ours gate.Params) bool {
	for name, value := range ours.All() {
		switch {
		case name == "":
			continue
		case len(theirs) == 0 || !strings.EqualFold(theirs[0].K, name) || theirs[0].V != value:
			return false
		}
		theirs = theirs[1:]
	}
	return len(theirs) == 0
}

// Address is a parsed From, To or Contact.
type Address struct {
	Display string // unescaped, without quotes
	URI     URI
	Tag     string
	Params  gate.Params // header parameters as written
}

// ParseAddress parses a From, To or Contact value strictly.
func ParseAddress(s string) (Address, error) {
	parts, err := gate.ParseAddress(s)
	if err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrURI, err)
	}
	a := Address{Display: parts.Text(), Params: parts.Params}
	a.Tag, _ = parts.Params.Get("tag")
	a.URI, err = ParseURI(parts.URI)
	return a, err
}
