package stack

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
)

// inviting tells whether an INVITE of ours, or one of the peer's, is not over
// yet: ours until its final answer, theirs until the ACK for that (RFC 3261
// §14.1).
func (d *Dialog) inviting() bool {
	return slices.ContainsFunc(d.open, func(tx *serverTx) bool { return tx.method == "INVITE" }) ||
		slices.ContainsFunc(d.calls, func(tx *clientTx) bool { return tx.method == "INVITE" })
}

// describes tells whether a message has a body that may be a session description,
// or hold one.
func describes(m *Message) bool {
	kind, err := gate.ParseMediaType(m.Header("Content-Type"))
	return m.Body() != "" && (err != nil || kind.Name == "application/sdp" || strings.HasPrefix(kind.Name, "multipart/"))
}

// offers tells whose session description waits for an answer.
func (d *Dialog) offers() (ours, theirs bool) {
	for _, tx := range d.calls {
		ours = ours || tx.offer && tx.state <= proceeding
	}
	for _, tx := range d.open {
		switch {
		case tx.state == accepted: // the ACK brings the answer to what our 2xx offered
			ours = ours || tx.method == "INVITE" && !tx.offer
		case tx.method == "INVITE" || tx.method == "UPDATE":
			theirs = theirs || tx.offer
		}
	}
	return ours, theirs
}

// glare is what stands against an INVITE or UPDATE because of another one that
// is under way (RFC 3261 §14.2, RFC 3311 §5.2); a zero Status: nothing.
func (d *Dialog) glare(m *Message) (no Response) {
	ours, theirs := d.offers()
	crossed, early := false, false
	switch m.Method() {
	case "INVITE":
		crossed = ours || slices.ContainsFunc(d.calls, func(tx *clientTx) bool { return tx.method == "INVITE" })
		early = theirs || d.unanswered("INVITE")
		if mutant.On("dlg.no-491") && crossed || mutant.On("dlg.no-500") && early {
			return no
		}
	case "UPDATE":
		offer := describes(m) && !mutant.On("upd.glare")
		crossed, early = offer && ours, offer && theirs || d.unanswered("UPDATE")
	}
	switch {
	case crossed:
		return Response{Status: 491}
	case early:
		return Response{Status: 500, Headers: []Header{{"Retry-After", strconv.Itoa(rand.IntN(11))}}}
	}
	return no
}

// unanswered tells whether such a request of the peer's waits for its answer.
func (d *Dialog) unanswered(method string) bool {
	return slices.ContainsFunc(d.open, func(tx *serverTx) bool { return tx.method == method && tx.state <= proceeding })
}
