package edge

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// astray is what stands against a request outside a dialog that is not for this
// node: one of ours that came back, or one that we would have to pass on. This
// node passes nothing on, for anybody (RFC 3261 §26.1: an open relay is a
// weapon). A nil error: nothing.
func (e *Edge) astray(m *stack.Message) (stack.Response, error) {
	if e.ownVia(m) && !mutant.On("rt.no-loop") {
		return stack.Response{Status: 482}, errors.New("edge: a request of ours has come back")
	}
	if mutant.On("rt.breadth") && m.Has("Max-Breadth") {
		return stack.Response{Status: 440}, errors.New("edge: too broad")
	}
	if mutant.On("rt.mf-offbyone") && m.Header("Max-Forwards") == "1" {
		return stack.Response{Status: 483}, errors.New("edge: one hop is none")
	}
	no, err := e.onward(m)
	if err != nil && stack.Exhausted(m) {
		no = stack.Response{Status: 483} // RFC 3261 §16.3 step 3
	}
	return no, err
}

// ownVia finds our own sent-by below the sender's. A conferencing node never
// forwards, so whatever bears it is a request that began here: there is no
// spiral to be told from a loop (RFC 3261 §16.3 step 4, RFC 5393 §4.2).
func (e *Edge) ownVia(m *stack.Message) bool {
	for value := range m.List("Via") {
		via, err := gate.ParseVia(value)
		if err != nil || !strings.EqualFold(via.Host, e.config.Settings.SentBy) {
			continue
		}
		if via.Port == strconv.Itoa(e.config.Port) || via.Port == "" && e.config.Port == plan.Port {
			return true
		}
	}
	return false
}

// onward tells whether a request asks to be passed on: by a Route to somebody
// else, or by a Request-URI that leads to somebody else whatever its host says
// (RFC 3261 §16.4, §16.5). Routes to ourselves have done their work.
func (e *Edge) onward(m *stack.Message) (stack.Response, error) {
	for value := range m.List("Route") {
		route, err := gate.ParseAddress(value)
		if err == nil {
			err = e.leadsHere(route.URI)
		}
		if mutant.On("rt.no-pop") {
			err = errors.New("edge: a Route is a Route")
		}
		if err != nil && !mutant.On("sec.open-relay") {
			return stack.Response{Status: 403}, fmt.Errorf("edge: Route: %w", err)
		}
	}
	if m.Method() != "INVITE" && m.Method() != "OPTIONS" {
		return stack.Response{}, nil
	}
	// The host beside a user is looked at with the rooms: an alias may be in any
	// domain. Without a user an OPTIONS is for the node, by a name that it goes by.
	uri, err := gate.SplitURI(m.URI())
	if err == nil {
		err = e.detour(uri)
	}
	if err == nil && m.Method() == "OPTIONS" && uri.User == "" && !e.config.Plan.Own(uri.Host) {
		err = errors.New("edge: a node of somebody else's is asked for")
	}
	if err != nil && !mutant.On("sec.maddr") {
		return stack.Response{Status: 404}, err
	}
	return stack.Response{}, nil
}

// leadsHere says what is wrong with a URI that should be one of ours.
func (e *Edge) leadsHere(text string) error {
	uri, err := gate.SplitURI(text)
	if err != nil {
		return err
	}
	if !uri.SIP() || !e.config.Plan.Own(uri.Host) {
		return errors.New("edge: it leads to somebody else")
	}
	return e.detour(uri)
}

// detour finds what leads a URI away from the host in it.
func (e *Edge) detour(uri gate.URI) error {
	if maddr, ok := uri.Params.Get("maddr"); ok && !e.config.Plan.Own(maddr) {
		return errors.New("edge: a URI that is to be sent to another address (maddr)")
	}
	if uri.Port != 0 && uri.Port != e.config.Port && uri.Port != plan.Port {
		return fmt.Errorf("edge: a URI at port %d", uri.Port)
	}
	return nil
}
