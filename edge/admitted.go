package edge

import (
	"context"
	"errors"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// caller is who a request says that it is from.
type caller struct{ user, domain string }

// caller reads who wants something of this node, and refuses whom there is no
// need to ask anybody about.
func (e *Edge) caller(l *link.Link, m *stack.Message) (caller, stack.Response, error) {
	if !e.node.Has(plan.Signaling) {
		return caller{}, stack.Response{Status: 403}, errors.New("edge: this node takes no calls: it has no signaling role")
	}
	if refusal, err := e.astray(m); err != nil {
		return caller{}, refusal, err
	}
	from, err := stack.ParseAddress(m.Header("From"))
	if err != nil {
		return caller{}, stack.Response{Status: 400, Reason: "Bad From"}, err
	}
	who := caller{from.URI.User, domainOf(from, m.Header("From"))}
	if e.barred(l) {
		return who, stack.Response{Status: 403}, errQuarantine
	}
	return who, stack.Response{}, nil
}

// wanted finds the room that a request is for. Who is not proved to be who he
// says is told nothing about rooms.
func (e *Edge) wanted(ctx context.Context, l *link.Link, m *stack.Message, domain string) (plan.Room, stack.Response, error) {
	if room, no, err := e.dialled(m); err != nil && mutant.On("sec.enum") {
		return room, no, err
	}
	fetch(m)
	if refusal, err := e.vouch(ctx, l, m, domain); err != nil {
		return plan.Room{}, refusal, err
	}
	room, refusal, err := e.dialled(m)
	if err != nil {
		e.misdialled(l, err)
		e.dialThrough(m)
	}
	return room, refusal, err
}

// vouch checks that the peer may speak for everybody it claims to speak for.
func (e *Edge) vouch(ctx context.Context, l *link.Link, m *stack.Message, domain string) (stack.Response, error) {
	domains, err := asserted(m)
	if err != nil {
		return stack.Response{Status: 403}, err
	}
	if mutant.On("tls.resume-noid") && l.State().DidResume {
		return stack.Response{}, nil
	}
	if e.credulous(ctx, l, m, domains) {
		return stack.Response{}, nil
	}
	for _, domain := range append([]string{domain}, domains...) {
		err := e.trust.speaksFor(ctx, l.Peer(), domain)
		if _, no := errors.AsType[*distrusted](err); no {
			e.config.Metrics.TurnedAway("distrust")
			return stack.Response{Status: 403}, err
		}
		if err != nil { // DNS did not say: that is no reason to believe
			return stack.Response{Status: 504}, err
		}
	}
	return stack.Response{}, nil
}
