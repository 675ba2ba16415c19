package stack

import (
	"fmt"
	"strings"

	"fedge/sip/gate"
)

// Message is a message as its bytes and an index over them.
type Message = gate.Message

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

// check refuses what would not be one response.
func (r Response) check() error {
	if r.Status < 100 || r.Status > 699 {
		return fmt.Errorf("stack: %d is no status code", r.Status)
	}
	if err := clean("reason", r.Reason); err != nil {
		return err
	}
	return checkParts(r.Contact, r.Headers, r.ContentType, r.Body)
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
	Again       *Dialog // of an INVITE: the one that failed, whose Call-ID and From tag it keeps (RFC 3263 §4.3)
	Next        bool    // with Again: the far end has answered that one, so that this is the next (RFC 3261 §8.1.3.5)
}

// check refuses what would not be one request.
func (o Outgoing) check() error {
	for _, part := range [...]struct{ name, value string }{{"From", o.From}, {"To", o.To}} {
		if err := clean(part.name, part.value); err != nil {
			return err
		}
	}
	return checkParts(o.Contact, o.Headers, o.ContentType, o.Body)
}

func checkParts(contact string, headers []Header, contentType string, body []byte) error {
	for _, h := range headers {
		if h.Name == "" || strings.ContainsAny(h.Name, ": \t") || strings.EqualFold(h.Name, "Content-Length") {
			return fmt.Errorf("%w: the name %q", ErrHeader, h.Name)
		}
		if err := clean(h.Name, h.Name); err != nil {
			return err
		}
		if err := clean(h.Name, h.Value); err != nil {
			return err
		}
	}
	if len(body) > 0 && contentType == "" {
		return fmt.Errorf("%w: a body needs a Content-Type", ErrHeader)
	}
	if err := clean("Content-Type", contentType); err != nil {
		return err
	}
	return clean("Contact", contact)
}

// clean refuses control characters.
func clean(name, value string) error {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("%w: %q", ErrHeader, name)
		}
	}
	return nil
}
