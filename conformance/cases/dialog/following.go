package dialog

import (
	"context"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// following are the cases about where the node's own requests in a dialog go.
func following() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-004",
		Title:       "Route set of the called side",
		Requirement: "A BYE of the node that was called has the INVITE's Record-Route URIs as Route, in their order, and the caller's Contact as Request-URI.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "RFC 3261 §12.2.1.1"},
		Needs:       conformance.Needs{Media: true, EndsCalls: true},
		Mutants:     conformance.Kills("dlg.rr-reverse", conformance.Content),
		Run:         conformance.Connected(looseRoutes),
	}, {
		ID:          "DLG-005",
		Title:       "Strict router at the first hop",
		Requirement: "When the first route has no lr parameter it is the Request-URI, and the remote target comes last in Route.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.1", "RFC 3261 §16.12.1.2"},
		Needs:       conformance.Needs{Media: true, EndsCalls: true},
		Mutants:     conformance.Kills("dlg.no-strict", conformance.Content),
		Run:         conformance.Connected(strictRoute),
	}, {
		ID:          "DLG-009",
		Title:       "Target refresh by re-INVITE",
		Requirement: "After a re-INVITE with another Contact the node's next request goes there; its route set stays.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.2", "RFC 3261 §12.2.2", "RFC 3261 §14.2"},
		Needs:       conformance.Needs{Media: true, EndsCalls: true},
		Mutants:     conformance.Kills("dlg.no-refresh", conformance.Content),
		Run:         conformance.Connected(targetRefresh),
	}}
}

func looseRoutes(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	bye, call, err := s.HungUp(ctx, p, func(b *raw.Builder) {
		b.Header("Record-Route", routes()[0]+";tag=0D4F, "+routes()[1]).Header("Record-Route", routes()[2])
	})
	if err != nil {
		return err
	}
	return goes(bye, contactOf(call.Invite), routes()...)
}

func strictRoute(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	const strict = "<sip:old.partner.example:5061;transport=tls;note=lr>"
	bye, call, err := s.HungUp(ctx, p, func(b *raw.Builder) {
		b.Header("Record-Route", strict+", "+routes()[0])
	})
	if err != nil {
		return err
	}
	return goes(bye, strings.Trim(strict, "<>"), routes()[0], "<"+contactOf(call.Invite)+">")
}

// targetRefresh moves the remote target by a re-INVITE and, as that has no
// offer and its ACK no answer, has the node hang up.
func targetRefresh(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	const moved = "<sip:moved@elsewhere.partner.example:5071;transport=tls;x=1>"
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Record-Route", routes()[0]).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := call.Ask(ctx, call.Build("INVITE").Header("Contact", moved))
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	bye, err := call.Ended(ctx)
	if err != nil {
		return err
	}
	return goes(bye, strings.Trim(moved, "<>"), routes()[0])
}

// goes tells whether a request goes to this Request-URI by way of these routes.
func goes(request *raw.Message, uri string, routes ...string) error {
	if err := conformance.HoldsURI("Request-URI of "+request.Method(), uri, request.RequestURI()); err != nil {
		return err
	}
	return conformance.HoldsRoutes("Route of "+request.Method(), routes, request.List("Route"), false)
}

func contactOf(m *raw.Message) string {
	contact, err := raw.ParseNameAddr(m.Get("Contact"))
	if err != nil {
		return ""
	}
	return contact.URI.Original
}
