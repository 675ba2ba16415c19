package lync

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
)

// lastSDP is the last application/sdp part of a multipart body.
func lastSDP(body []byte, params string) ([]byte, error) {
	_, values, err := mime.ParseMediaType("multipart/alternative;" + params)
	if err != nil {
		return nil, err
	}
	var last []byte
	for r := multipart.NewReader(bytes.NewReader(body), values["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if kind != "application/sdp" {
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
