package routing

import (
	"context"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// keeping are the cases about what must come back as it came.
func keeping() []conformance.Case {
	return []conformance.Case{{
		ID:          "RTE-010",
		Title:       "GRUU in Contact",
		Requirement: "The Request-URI of the node's request in a dialog is the peer's Contact with its user and all of its parameters: opaque and gruu.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.1", "[MS-CONFBAS]"},
		Needs:       conformance.Needs{Media: true, EndsCalls: true},
		Mutants:     conformance.Kills("rt.strip-uri-params", conformance.Content),
		Run:         conformance.Connected(gruu),
	}, {
		ID:          "RTE-011",
		Title:       "Record-Route parameters of Edges and pools",
		Requirement: "Record-Route lines of Microsoft's Edges and pools come back in the 200 in their order, URIs byte for byte, and the URIs in Route: they are signed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "[MS-SIPRE] 3.6.3"},
		Needs:       conformance.Needs{Media: true, EndsCalls: true},
		Mutants:     conformance.Kills("rt.rr-normalize", conformance.Content),
		Run:         conformance.Connected(signedRoutes),
	}, {
		ID:          "RTE-012",
		Title:       "URI of a conference's focus",
		Requirement: "A URI with opaque=app:conf:focus:id:… and gruu is for the user it names: a room is reached, an unknown user is not found.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §19.1.1", "[MS-CONFBAS]"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.opaque-route", conformance.Status),
		Run:         conformance.Connected(focus),
	}}
}

func gruu(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	contact := "<sip:Anna%2e@" + s.Target.Partner.Domain + ";opaque=user:epid:yrmRjH4GQVqJor-JE9ciowAA;gruu>"
	invite, err := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Message()
	if err != nil {
		return err
	}
	if invite, err = conformance.With(invite, "Contact", contact+";+sip.instance=\"<urn:uuid:0>\";proxy=replace"); err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, invite.Bytes)
	if err != nil {
		return conformance.Preamble(err)
	}
	bye, err := call.Ended(ctx)
	if err != nil {
		return err
	}
	return conformance.HoldsURI("Request-URI of BYE", strings.Trim(contact, "<>"), bye.RequestURI())
}

// signed are Record-Route lines as an Edge and a pool behind it write them.
func signed() []string {
	return []string{
		"<sip:sip.partner.example:5061;transport=tls;lr;ms-key-info=" + strings.Repeat("AAEAAbc_-", 36) +
			";ms-route-sig=bkBvAA>;tag=0D4F6B32E1A54CF6B1F1D0F9F0B3D1A2",
		"<sip:Pool.Partner.example:5061;transport=tls;ms-fe=FE01.Partner.example;opaque=state:F:Ci.Rabf6d00;lr;ms-identity=a%3Db>" +
			";ms-rrsig=fi6ZAA;tag=ABE3",
		"<sip:pool.partner.example:5061;transport=tls;opaque=state:T;lr;ms-opaque=d7bb>;ms-rrsig=fi6ZBB",
	}
}

func signedRoutes(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	bye, call, err := s.HungUp(ctx, p, func(b *raw.Builder) {
		b.Header("Record-Route", signed()[0]).
			Header("Via", "SIP/2.0/TLS 10.1.9.43:65529;branch="+s.Branch()+";ms-received-port=65529;ms-received-cid=19F21100").
			Header("Record-Route", signed()[1]+","+signed()[2]).
			Header("Via", "SIP/2.0/TLS 10.1.9.44:65530;ms-received-cid=19F21101")
	})
	if err != nil {
		return err
	}
	var routes []string
	for _, route := range signed() {
		uri, _, _ := strings.Cut(route, ">")
		routes = append(routes, uri+">")
	}
	if err := conformance.HoldsRoutes("Record-Route of the 200", call.Invite.List("Record-Route"), call.Answer.List("Record-Route"), true); err != nil {
		return err
	}
	return conformance.HoldsRoutes("Route of BYE", routes, bye.List("Route"), false)
}

func focus(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	_, host, _ := strings.Cut(s.Target.Alias, "@")
	const conference = ";gruu;opaque=app:conf:focus:id:7K2QD1RL"
	for uri, code := range map[string]int{s.URI() + conference: 200, "sip:nobody-" + s.Tag() + "@" + host + conference: 404} {
		answer, err := s.Try(ctx, p, calling(s, uri))
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, code); err != nil {
			s.Note("the Request-URI was %s", uri)
			return err
		}
	}
	return nil
}
