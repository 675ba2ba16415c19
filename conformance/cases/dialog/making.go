package dialog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// making are the cases about the answer that makes a dialog.
func making() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-001",
		Title:       "Basic call inbound",
		Requirement: "An INVITE for a room is answered with 200 that makes a dialog, its ACK is taken, and BYE is answered with 200.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "RFC 3261 §13.3.1.4", "RFC 3261 §15.1.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.bye-unanswered", conformance.Silence),
		Basic:       true,
		Run:         conformance.Connected(basicCall),
	}, {
		ID:          "DLG-002",
		Title:       "Contact of the 2xx",
		Requirement: "The 200 to INVITE has one Contact, with a SIP URI; to a SIPS URI it is SIPS. It should lead over TLS to a name of the node's certificate: an address, which RFC 3261 §12.1.1 allows, is proved by none.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "RFC 3261 §8.1.1.8", "RFC 5922 §7.3"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.no-contact", conformance.Content),
		Basic:       true,
		Run:         conformance.Connected(reachable),
	}, {
		ID:          "DLG-003",
		Title:       "Record-Route copied",
		Requirement: "The responses that make a dialog carry the INVITE's Record-Route values in their order, parameters included.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.rr-order", conformance.Content),
		Run:         conformance.Connected(recorded),
	}, {
		ID:          "DLG-020",
		Title:       "Many dialogs on one connection",
		Requirement: "Of 200 calls on one connection each is ended by its own BYE and by no other's.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12", "RFC 3261 §15.1.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.cross", conformance.Status),
		Run:         conformance.Connected(crowd),
	}}
}

func basicCall(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	if call.Answer.Tag("To") == "" { // RFC 3261 §12.1.1
		return conformance.Holds("To of the 200", "a tag", call.Answer.Get("To"))
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

func reachable(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, scheme := range []string{"sip", "sips"} {
		uri := scheme + ":" + s.Target.Alias
		invite := s.Request("INVITE", uri, s.Target.Partner, s.CallID()).Body("application/sdp", s.Offer())
		if scheme == "sips" {
			invite = secure(s, uri)
		}
		call, err := s.Establish(ctx, p, invite.Bytes())
		if err != nil && scheme == "sips" {
			s.Note("the node takes no call to a SIPS URI: %v", err) // it need not (RFC 3261 §21.4.14)
			break
		}
		if err != nil {
			return err
		}
		defer call.Hangup(ctx)
		if err := contactHolds(s, scheme, call.Answer, p.Identity().Names()); err != nil {
			return err
		}
	}
	return nil
}

// secure is an INVITE to a SIPS URI, all of it SIPS (RFC 5630 §3.1.2).
func secure(s *conformance.Stand, uri string) *raw.Builder {
	as := s.Target.Partner
	return raw.NewRequest("INVITE", uri).
		Header("Via", "SIP/2.0/TLS "+as.Host+":5061;branch="+s.Branch()).
		Header("Max-Forwards", "70").
		Header("From", "<sips:fedge@"+as.Domain+">;tag="+s.Tag()).
		Header("To", "<"+uri+">").
		Header("Call-ID", s.CallID()).
		Header("CSeq", "1 INVITE").
		Header("Contact", "<sips:fedge@"+as.Host+":5061>").
		Body("application/sdp", s.Offer())
}

// contactHolds checks the Contact of a 2xx to a URI of that scheme.
func contactHolds(s *conformance.Stand, scheme string, answer *raw.Message, names []string) error {
	contacts := answer.List("Contact")
	if len(contacts) != 1 {
		return conformance.Holds("Contact in the 200", "exactly one", strings.Join(contacts, ", "))
	}
	contact, err := raw.ParseNameAddr(contacts[0])
	if err != nil {
		return conformance.Holds("Contact in the 200", "a URI", contacts[0])
	}
	transport, _ := contact.URI.Params.Get("transport")
	switch secured := contact.URI.Scheme == "sips"; {
	case !secured && (scheme == "sips" || contact.URI.Scheme != "sip"):
		return conformance.Holds("Contact in the 200", "a "+scheme+" URI", contacts[0])
	case !secured && !strings.EqualFold(transport, "tls"): // no clause asks for the parameter, which RFC 3261 §26.2.2 deprecates
		err = conformance.Holds("Contact in the 200", "a "+scheme+" URI over TLS", contacts[0])
	case !slices.Contains(names, strings.ToLower(strings.TrimSuffix(contact.URI.Host, "."))):
		err = conformance.Holds("host of Contact in the 200", "one of "+strings.Join(names, ", "), contact.URI.Host)
	}
	return s.Lesser(conformance.Should, err)
}

// routes are Record-Route values as proxies of different makers write them: lr
// in the middle, as Microsoft's have it, signatures, an address.
func routes() []string {
	return []string{
		"<sip:edge.partner.example:5061;transport=tls;lr;ms-key-info=AAEAAbc_-;ms-route-sig=bkBvAA>",
		"<sip:pool.partner.example:5061;transport=tls;ms-fe=fe01.partner.example;opaque=state:T;lr>",
		"<sip:10.0.0.7;lr;x=y>",
	}
}

func recorded(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := s.Invite(s.Target.Partner, s.Offer()).
		Header("Record-Route", routes()[0]+";tag=0D4F").
		Header("Record-Route", routes()[1]+";ms-rrsig=fi6Z, "+routes()[2]).Message()
	if err != nil {
		return err
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return err
	}
	for {
		answer, err := p.Await(ctx, "200 to INVITE", raw.AnswerTo(invite))
		if err != nil {
			return err
		}
		if answer.Status() == 100 || answer.Status() < 200 && answer.Tag("To") == "" {
			continue // makes no dialog
		}
		if answer.Status() < 300 {
			want := invite.List("Record-Route")
			got := answer.List("Record-Route")
			got = got[max(0, len(got)-len(want)):] // the target's own proxies stand before ours: RFC 3261 §16.6
			if err := conformance.HoldsRoutes(fmt.Sprintf("Record-Route of the %d", answer.Status()), want, got, true); err != nil {
				return err
			}
		}
		if answer.Status() < 200 {
			continue
		}
		call := conformance.Answered(s, p, invite, answer)
		if err := call.Ack(); err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			return err
		}
		if err := call.Formed(); err != nil {
			return err
		}
		call.Hangup(ctx)
		return nil
	}
}

// The calls of a crowd, and how many of them are begun at once: a partner may
// send no more than some messages a second unasked.
const (
	many  = 200
	batch = 20
)

func crowd(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	var calls []*conformance.Call
	for len(calls) < many {
		more, err := begin(ctx, s, p)
		if err != nil {
			return conformance.Preamble(err)
		}
		calls = append(calls, more...)
	}
	for i := range calls { // every other one ends, then all do
		if err := ends(ctx, calls[i], i%2 == 0, 200); err != nil {
			return err
		}
	}
	for i := range calls {
		if err := ends(ctx, calls[i], true, []int{481, 200}[i%2]); err != nil {
			return err
		}
	}
	return nil
}

// ends says BYE in a call, if it is its turn.
func ends(ctx context.Context, call *conformance.Call, turn bool, status int) error {
	if !turn {
		return nil
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return conformance.Gets(answer, status)
}

// begin makes a batch of calls whose messages are interleaved.
func begin(ctx context.Context, s *conformance.Stand, p *conformance.Peer) ([]*conformance.Call, error) {
	invites := map[string]*raw.Message{}
	for range batch {
		// Calls on hold: no media is sent, as that is not what is asked.
		invite, err := s.Invite(s.Target.Partner, append(s.Offer(), "a=inactive\r\n"...)).Message()
		if err != nil {
			return nil, err
		}
		invites[invite.CallID()] = invite
		if err := p.Send(invite.Bytes, "INVITE"); err != nil {
			return nil, err
		}
	}
	var calls []*conformance.Call
	for range batch {
		answer, err := p.Await(ctx, "200 to INVITE", func(m *raw.Message) bool {
			return invites[m.CallID()] != nil && raw.AnswerTo(invites[m.CallID()])(m) && m.Status() >= 200
		})
		if err != nil {
			return nil, err
		}
		call := conformance.Answered(s, p, invites[answer.CallID()], answer)
		delete(invites, answer.CallID())
		if err := call.Ack(); err != nil {
			return nil, err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	return calls, nil
}
