package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// How much of a multipart body is looked at before it is refused. A Lync body
// has two levels (mixed holding alternative) and two or three parts.
const (
	maxBodyDepth = 3
	maxBodyParts = 16
)

// What is not understood, and may not be passed over: 415.
var (
	errNoDescription = errors.New("edge: the body holds no application/sdp")
	errRequired      = errors.New("edge: a part of the body that is not understood is required")
)

// described finds the session description in a message: nil without an error
// when there is no body, or none but what may be passed over (RFC 3261 §8.2.3).
func described(m *stack.Message) ([]byte, error) {
	if m.Body() == "" {
		return nil, nil
	}
	body := content{
		kind: m.Header("Content-Type"), disposition: gate.ParseDisposition(m.Header("Content-Disposition")),
		coded: stack.Encoded(m), text: []byte(m.Body()),
	}
	sdp, err := body.description(maxBodyDepth)
	if notUnderstood(err) && body.disposition.Optional() {
		return nil, nil
	}
	return sdp, err
}

// answerOf is described for a message that has to hold a description.
func answerOf(m *stack.Message) ([]byte, error) {
	sdp, err := described(m)
	if err == nil && sdp == nil {
		err = errNoDescription
	}
	return sdp, err
}

func notUnderstood(err error) bool {
	return errors.Is(err, errNoDescription) || errors.Is(err, errRequired)
}

// content is a body, or a part of one.
type content struct {
	kind        string // Content-Type
	disposition gate.Disposition
	coded       bool // in an encoding that nobody here undoes
	text        []byte
}

// description finds the session description in it, through so many levels.
func (c content) description(depth int) ([]byte, error) {
	kind, err := gate.ParseMediaType(c.kind)
	switch {
	case mutant.On("body.any-type"):
		return c.text, nil
	case err != nil:
		return nil, fmt.Errorf("edge: content type %q: %w", c.kind, err)
	case c.coded:
		return nil, errNoDescription
	case kind.Name == "application/sdp" && c.ofSession():
		return c.text, nil
	case !strings.HasPrefix(kind.Name, "multipart/"), depth == 0 && !mutant.On("xml.bomb"):
		return nil, errNoDescription
	}
	parts, err := c.parts(kind)
	if err != nil {
		return nil, err
	}
	return among(parts, kind.Name == "multipart/alternative", depth-1)
}

// ofSession tells a description of the session, which any is that does not say
// otherwise, from an icon and an early session's (RFC 3261 §20.11, RFC 3959).
func (c content) ofSession() bool {
	return c.disposition.Name == "" || c.disposition.Name == "session"
}

// among finds the description in one of several parts. Lync 2010 and 2013 send
// multipart/alternative, the oldest dialect first: the last part understood is
// the sender's best (RFC 2046 §5.1.4). In multipart/mixed the alternatives stand
// beside call context that is not ours to read. It must not be passed over where
// it says so; that it should not where it says nothing (RFC 3261 §20.11) would
// cost those calls.
func among(parts []content, alternative bool, depth int) (found []byte, err error) {
	for _, part := range parts {
		sdp, err := part.description(depth)
		switch {
		case err != nil && !alternative && part.disposition.Required():
			return nil, fmt.Errorf("%w: %w", errRequired, err)
		case errors.Is(err, errRequired) && !alternative && !part.disposition.Optional():
			return nil, err
		case err != nil:
			continue // not understood, or not a description: the next may be
		case alternative || found == nil: // mixed, related: the first is the session's
			found = sdp
		}
	}
	if found == nil {
		return nil, errNoDescription
	}
	return found, nil
}

// parts takes a multipart body apart.
func (c content) parts(kind gate.MediaType) (all []content, err error) {
	boundary, _ := kind.Params.Get("boundary")
	if err := kind.Params.Check(); err != nil || boundary == "" {
		return nil, fmt.Errorf("edge: %s without one boundary", kind.Name)
	}
	for r := multipart.NewReader(bytes.NewReader(c.text), boundary); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("edge: reading %s: %w", kind.Name, err)
		}
		if len(all) == maxBodyParts {
			return nil, fmt.Errorf("edge: %s of more than %d parts", kind.Name, maxBodyParts)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("edge: reading a part of %s: %w", kind.Name, err)
		}
		all = append(all, content{partType(part), gate.ParseDisposition(part.Header.Get("Content-Disposition")), partCoded(part), text})
	}
}

// partType is a part's content type; without one it is text/plain (RFC 2045
// §5.2).
func partType(part *multipart.Part) string {
	if kind := part.Header.Get("Content-Type"); kind != "" {
		return kind
	}
	return "text/plain"
}

// partCoded tells whether a part is anything but plain bytes.
func partCoded(part *multipart.Part) bool {
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "", "7bit", "8bit", "binary":
	default:
		return true
	}
	encoding := part.Header.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}
