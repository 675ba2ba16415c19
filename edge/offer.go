package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"fedge/mutant"
)

// How much of a multipart body is looked at before it is refused. A Lync body
// has two levels (mixed holding alternative) and two or three parts.
const (
	maxBodyDepth = 3
	maxBodyParts = 16
)

// errNoDescription says that a body holds no session description we read: 415.
var errNoDescription = errors.New("edge: the body holds no application/sdp")

// description finds the session description in a message body. Lync 2010 and
// 2013 send multipart/alternative, the oldest dialect first: the last part
// understood is the sender's best (RFC 2046 §5.1.4); in multipart/mixed the
// alternatives stand beside call context that is not ours to read.
func description(contentType string, body []byte) ([]byte, error) {
	return descend(contentType, body, maxBodyDepth)
}

func descend(contentType string, body []byte, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return nil, fmt.Errorf("edge: content type %q: %w", contentType, err)
	}
	if kind == "application/sdp" || mutant.On("body.any-type") {
		return body, nil
	}
	if !strings.HasPrefix(kind, "multipart/") || depth == 0 && !mutant.On("xml.bomb") {
		return nil, errNoDescription
	}
	if params["boundary"] == "" {
		return nil, fmt.Errorf("edge: %s without a boundary", kind)
	}
	var found []byte
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("edge: reading %s: %w", kind, err)
		}
		if n == maxBodyParts {
			return nil, fmt.Errorf("edge: %s of more than %d parts", kind, maxBodyParts)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("edge: reading a part of %s: %w", kind, err)
		}
		sdp, err := descend(partType(part), content, depth-1)
		if err != nil {
			continue // not understood, or not a description: the next may be
		}
		found = sdp
		if kind != "multipart/alternative" {
			break // mixed, related: the first description is the session's
		}
	}
	if found == nil {
		return nil, errNoDescription
	}
	return found, nil
}

// partType is a part's content type; without one it is text/plain (RFC 2045
// §5.2), and a part in a transfer encoding other than plain bytes is not read.
func partType(part *multipart.Part) string {
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "", "7bit", "8bit", "binary":
	default:
		return "application/octet-stream"
	}
	if kind := part.Header.Get("Content-Type"); kind != "" {
		return kind
	}
	return "text/plain"
}
