package stack

import (
	"github.com/emiago/sipgo/sip"

	"fedge/sip/gate"
)

// Message is a message as its bytes and an index over them.
type Message = gate.Message

// URI is a parsed URI. Its parameter names are in lower case.
type URI = sip.Uri

// ParseURI parses a SIP or SIPS URI strictly: one unescaped "@", a host that
// RFC 3261 §25.1 allows, no white space, quotes or control characters. Other
// schemes are returned with their Scheme only.
func ParseURI(s string) (URI, error) { panic("not written yet") }

// Address is a parsed From, To or Contact.
type Address struct {
	Display string // unescaped, without quotes
	URI     URI
	Tag     string
	Params  gate.Params // header parameters as written
}

// ParseAddress parses a From, To or Contact value strictly.
func ParseAddress(s string) (Address, error) { panic("not written yet") }

// Header is a header line to be sent. A value with a line end or another
// control character is refused: no text of a peer can become a header.
type Header struct{ Name, Value string }

// Response is an answer to be sent. Via, From, To with our tag, Call-ID, CSeq
// and Record-Route are copied from the request as bytes; Contact, Server, Allow,
// Supported and Content-Length are added where they belong.
type Response struct {
	Status      int
	Reason      string // "": the usual phrase
	Contact     string // `<sip:standup@px01.vc.example.com:5061;transport=tls>`; remembered for the dialog, needed once before a 2xx to INVITE
	Headers     []Header
	ContentType string
	Body        []byte
}

// Outgoing is a request to be sent. For one within a dialog, URI, From and To
// are the dialog's and stay empty here.
type Outgoing struct {
	URI         string // Request-URI
	From        string // `"Stand-up" <sip:standup@vc.example.com>`, without tag
	To          string // `<sip:anna@contoso.example>`
	Contact     string // remembered for the dialog
	Headers     []Header
	ContentType string
	Body        []byte
}
