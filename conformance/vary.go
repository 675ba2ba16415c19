package conformance

import (
	"io"

	"fedge/sip/raw"
)

// Variation is a legal change to what the target says: the same messages in
// other pieces, another order of headers, compact names, one more provisional
// response. No verdict may depend on any of it.
type Variation func(*raw.Message) []byte

// varied reads from r what a target says, changed, a message at a time.
func varied(r io.Reader, vary Variation) io.Reader {
	if vary == nil {
		return r
	}
	return &variedReader{messages: raw.NewReader(r, raw.Limits{}), vary: vary}
}

type variedReader struct {
	messages *raw.Reader
	vary     Variation
	rest     []byte
}

func (v *variedReader) Read(p []byte) (int, error) {
	for len(v.rest) == 0 {
		e, err := v.messages.NextEvent()
		switch {
		case err != nil:
			return 0, err
		case e.Message != nil:
			v.rest = v.vary(e.Message)
		case e.KeepAlive == raw.Ping:
			v.rest = []byte("\r\n\r\n")
		default:
			v.rest = []byte("\r\n")
		}
	}
	n := copy(p, v.rest)
	v.rest = v.rest[n:]
	return n, nil
}
