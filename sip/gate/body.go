package gate

import (
	"strings"

	"fedge/mutant"
)

// MediaType is what kind of body a Content-Type names, or a range of them in
// Accept.
type MediaType struct {
	Name   string // in lower case, without white space: application/sdp, text/*
	Params Params // as written: who goes by them checks them
}

// ParseMediaType splits a Content-Type, or a member of Accept. White space may
// stand around the slash as it may around ";" and "=" (RFC 3261 §25.1: SLASH).
func ParseMediaType(s string) (MediaType, error) {
	kind, params := cutParams(s)
	name, sub, _ := strings.Cut(kind, "/")
	if mutant.On("syn.slash") && (name != trimRight(name) || sub != trimLeft(sub)) {
		return MediaType{}, grammarError("white space around a slash")
	}
	name, sub = trim(name), trim(sub)
	if !all(name, tokenChar) || !all(sub, tokenChar) {
		return MediaType{}, grammarError("a media type that is not two tokens around a slash")
	}
	return MediaType{strings.ToLower(name + "/" + sub), params}, nil
}

// Disposition is a Content-Disposition: what a body is there for, and whether
// who cannot read it may pass it over (RFC 3261 §20.11). The zero value stands
// for a body without.
type Disposition struct {
	Name     string // in lower case: session, render
	Handling string // in lower case: optional, required
}

// ParseDisposition splits a Content-Disposition.
func ParseDisposition(s string) Disposition {
	name, params := cutParams(s)
	handling, _ := params.Get("handling")
	return Disposition{strings.ToLower(trim(name)), strings.ToLower(handling)}
}

// Optional tells whether the body may be passed over.
func (d Disposition) Optional() bool { return d.Handling == "optional" && !mutant.On("body.optional") }

// Required tells whether it is said that it may not.
func (d Disposition) Required() bool { return d.Handling == "required" && !mutant.On("body.required") }

// cutParams cuts a value where its parameters begin.
func cutParams(s string) (string, Params) {
	if end := strings.IndexByte(s, ';'); end >= 0 {
		return s[:end], Params(s[end:])
	}
	return s, ""
}
