package lync

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"

	"fedge/sip/raw"
)

// lastSDP is the last application/sdp part of a multipart body.
func lastSDP(body []byte, params raw.Params) ([]byte, error) {
	boundary, _ := params.Get("boundary")
	if boundary == "" {
		return nil, errors.New("lync: a multipart body without boundary")
	}
	var last []byte
	for r := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if kind, _ := raw.MediaType(part.Header.Get("Content-Type")); kind != "application/sdp" {
			continue
		}
		if last, err = io.ReadAll(part); err != nil {
			return nil, err
		}
	}
	if last == nil {
		return nil, errors.New("lync: a multipart body without SDP")
	}
	return last, nil
}
