package edge

import (
	"errors"
	"slices"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// errUnacceptable says that a caller wants its answer in a form that we have
// not: 406.
var errUnacceptable = errors.New("edge: the caller accepts no application/sdp")

// terms are what an INVITE for a room wants, and what stands against serving it
// for whom it is meant (RFC 3261 §8.2.3); nil without an error: an offer of ours.
func terms(invite *stack.Message) (offer []byte, no stack.Response, err error) {
	if no = tooShort(invite); no.Status != 0 {
		return nil, no, errInterval
	}
	if !acceptable(invite) {
		return nil, stack.Response{Status: 406, Headers: []stack.Header{{Name: "Accept", Value: accepted}}}, errUnacceptable
	}
	if offer, err = described(invite); err != nil {
		return nil, undescribed(err), err
	}
	return offer, no, nil
}

// acceptable tells whether the caller of an INVITE takes a session description
// for an answer. Without Accept it does; an empty one takes nothing, nor does q=0,
// and the narrowest range counts (RFC 3261 §20.1, RFC 2616 §14.1).
func acceptable(invite *stack.Message) bool {
	if !invite.Has("Accept") || mutant.On("oa.ignore-accept") {
		return true
	}
	takes, narrowest := false, -1
	for accepted := range invite.List("Accept") {
		kind, _ := gate.ParseMediaType(accepted) // "" if it is none
		narrow := slices.Index([]string{"*/*", "application/*", "application/sdp"}, kind.Name)
		if narrow > narrowest {
			q, _ := kind.Params.Get("q")
			takes, narrowest = q == "" || strings.Trim(q, "0.") != "", narrow
		}
	}
	return takes
}

// looked is the Request-URI by which a room is looked for: as it came.
func looked(uri string) string {
	switch {
	case mutant.On("syn.no-unescape") && strings.Contains(uri, "%"):
		return "sip:nobody@nowhere.invalid"
	case mutant.On("syn.nul-trunc"):
		return cutUser(uri, "%00")
	case mutant.On("syn.user-semi"):
		return cutUser(uri, ";")
	case mutant.On("rt.uri-eq") && uri != strings.ToLower(uri):
		return "sip:nobody@nowhere.invalid"
	}
	return uri
}

// cutUser ends the user of a URI too soon; mutants do.
func cutUser(uri, at string) string {
	user, host, _ := strings.Cut(uri, "@")
	user, _, _ = strings.Cut(user, at)
	return user + "@" + host
}
