package edge

import (
	"errors"
	"fmt"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// replaced finds the call that an INVITE takes the place of (RFC 3891 §3); nil
// when it takes nobody's. Only who was proved to be the call's peer, and speaks
// for the domain of its other party, may do that.
func (e *Edge) replaced(d *stack.Dialog, domain string) (*entry, stack.Response, error) {
	var wanted []string
	for value := range d.Invite().List("Replaces") {
		wanted = append(wanted, value)
	}
	switch len(wanted) {
	case 0:
		return nil, stack.Response{}, nil
	case 1:
	default:
		return nil, stack.Response{Status: 400, Reason: "Bad Replaces"}, errors.New("edge: more than one Replaces")
	}
	callID, rest, _ := strings.Cut(wanted[0], ";")
	params := gate.Params(";" + rest)
	toTag, _ := params.Get("to-tag")
	fromTag, _ := params.Get("from-tag")
	if toTag == "" || fromTag == "" {
		return nil, stack.Response{Status: 400, Reason: "Bad Replaces"}, errors.New("edge: a Replaces without both tags")
	}
	// A call that only rings is nobody's to take: one we place is its own
	// caller's, and one we answer does not ring.
	old := e.stack.Established(strings.TrimSpace(callID), toTag, fromTag)
	entry := e.calls.of(old)
	if entry == nil {
		return nil, stack.Response{Status: 481}, errors.New("edge: Replaces names no call")
	}
	if err := mayReplace(d, old, domain); err != nil && !mutant.On("rep.any") {
		return nil, stack.Response{Status: 403}, err
	}
	if params.Has("early-only") {
		return nil, stack.Response{Status: 486}, errors.New("edge: the call to be replaced is answered already")
	}
	return entry, stack.Response{}, nil
}

func mayReplace(d, old *stack.Dialog, domain string) error {
	if !d.SamePeer(old) {
		return errors.New("edge: Replaces names a call of another peer's")
	}
	other, err := stack.ParseAddress(old.Remote())
	if err != nil || !strings.EqualFold(other.URI.Host, domain) {
		return fmt.Errorf("edge: Replaces names a call of another domain's than %s", domain)
	}
	return nil
}
