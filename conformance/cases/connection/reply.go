package connection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/dns"
	"fedge/sip/raw"
)

func replies() []conformance.Case {
	here := []string{"RFC 3261 §18.2.2"}
	return []conformance.Case{{
		ID:          "CON-024",
		Title:       "Response on the request's connection",
		Requirement: "With two connections open the response comes on the one that the request came on.",
		Severity:    conformance.Must,
		Refs:        here,
		Mutants:     conformance.Kills("con.reply-newest", conformance.Silence),
		Run:         within(replyHere),
	}, {
		ID:          "CON-025",
		Title:       "Response when the connection is gone",
		Requirement: "A response whose connection is gone makes the node dial nobody that a Via names.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.2.2", "RFC 5923 §8", "RFC 3261 §26.1"},
		Needs:       conformance.Needs{DNS: true, Authority: true},
		Mutants:     conformance.Kills("con.dial-via", conformance.Accepted),
		// sipgo, case catalogue §4.3 row 5: it resolves and dials the Via host then.
		Run: connectionGone,
	}, {
		ID:          "CON-026",
		Title:       "Via received and rport",
		Requirement: "The topmost Via of the response says in received where the request came from when its sent-by does not, and in rport the port when that was asked for.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.2.1", "RFC 3581 §4"},
		Mutants:     conformance.Kills("via.no-received", conformance.Content),
		Run:         within(received),
	}, {
		ID:          "CON-032",
		Title:       "Half-close by the peer",
		Requirement: "A peer that ends its own direction behind its requests still gets the responses.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §18.2.2", "RFC 8446 §6.1", "RFC 9293 §3.6"},
		Mutants:     conformance.Kills("con.eof-kills", conformance.Closed),
		Run:         halfClose,
	}, {
		ID:          "CON-034",
		Title:       "BYE over another connection",
		Requirement: "A request within a dialog is taken over another connection of the same peer's.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2", "RFC 3261 §18.1.1"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("dlg.conn-bound", conformance.Status),
		Run:         within(otherConnection),
	}, {
		ID:          "CON-035",
		Title:       "BYE by another partner",
		Requirement: "A request within a dialog that comes from a partner who is no party to it is refused with 403 or 481, and the dialog goes on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.1.4", "RFC 5922 §7.3"},
		Needs:       conformance.Needs{Media: true, Authority: true, ClientCertificate: true},
		Mutants:     conformance.Kills("dlg.any-identity", conformance.Accepted),
		Run:         within(otherPartner),
	}, {
		ID:          "CON-037",
		Title:       "SIPS asked, SIPS given",
		Requirement: "An INVITE to a SIPS URI over TLS is taken, and the Contact of its answer is a SIPS URI.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "RFC 5630 §3.1.3"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sips.downgrade", conformance.Content),
		Run:         within(sips),
	}, {
		ID:          "CON-038",
		Title:       "A Via of another transport",
		Requirement: "A request over TLS whose Via says UDP or TCP is answered on its connection, by 400 or in earnest, and nowhere else.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.2.1", "RFC 3261 §18.2.2"},
		Mutants:     conformance.Kills("via.trust-proto", conformance.Silence),
		Run:         within(otherTransport),
	}, {
		ID:          "CON-039",
		Title:       "received and maddr of a peer's own making",
		Requirement: "A received that the peer wrote itself is overwritten, and a maddr does not lead the response away from its connection.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.2.1", "RFC 3261 §18.2.2"},
		Mutants:     conformance.Kills("via.trust-received", conformance.Content),
		Run:         within(spoofedVia),
	}}
}

func replyHere(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	later, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	// The node serves it by now if it answers pings.
	if err := later.SendEach("CRLF CRLF", []byte("\r\n\r\n")); err != nil {
		return conformance.Preamble(err)
	}
	if err := later.AwaitPong(ctx); err != nil {
		s.Note("the later connection: %v", err)
	}
	request := s.Options(s.Target.Partner)
	if err := p.Send(request, "OPTIONS"); err != nil {
		return err
	}
	return about(ok(ctx, p, request), "200 on the connection of the request, though a later one is open")
}

// many is how many requests are sent at once when some of them must still be
// open as the connection ends.
const many = 20

// slow is how long a name server takes whose answer shall come too late.
const slow = 100 * time.Millisecond

// strangers are so many INVITEs to nobody, as one record.
func strangers(s *conformance.Stand, as conformance.Identity, via string) (all []*raw.Message, record []byte, err error) {
	for range many {
		b := s.Request("INVITE", "sip:nobody."+s.Tag()+"@"+s.Target.Domain, as, s.CallID())
		m, err := b.Length().Body("application/sdp", s.Offer()).Message()
		if err != nil {
			return nil, nil, err
		}
		text := string(m.Bytes)
		if via != "" {
			text = strings.Replace(text, "TLS "+as.Host+":5061;", "TLS "+via+";", 1)
		}
		all, record = append(all, m), append(record, text...)
	}
	return all, record, nil
}

func connectionGone(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, partner.Identity, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	_, record, err := strangers(s, partner.Identity, fmt.Sprintf("%s:%d", partner.Host, partner.Edge.AddrPort().Port()))
	if err != nil {
		return err
	}
	// What their domain says of itself takes long enough for the connection to
	// go, and the last request is answered once the node has read them all.
	if err := s.Misbehave(partner.Domain, dns.Behaviour{Delay: 3 * slow}); err != nil {
		return err
	}
	if err := p.SendEach(fmt.Sprintf("%d × INVITE", many), record); err != nil {
		return err
	}
	if _, err := p.Ask(ctx, s.Options(partner.Identity)); err != nil {
		return conformance.Preamble(err)
	}
	// An answer that nobody has read makes the end of the connection a reset.
	if err := p.Send(s.Options(partner.Identity), "OPTIONS"); err != nil {
		return err
	}
	if err := s.Wait(ctx, slow/2); err != nil {
		return err
	}
	p.Abort()
	if err := s.Wait(ctx, 9*slow+20*s.T1()); err != nil {
		return err
	}
	if n := partner.Edge.Count(); n != 0 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "nobody dialled", Actual: fmt.Sprintf("%d connections to the host in Via", n)}
	}
	return nil
}

// halfClose speaks, where it can, for a domain that takes a while to be looked
// up: then the end is there before any answer.
func halfClose(ctx context.Context, s *conformance.Stand) error {
	as := s.Target.Partner
	if s.Target.Instruments.Issue != nil && s.Target.Instruments.Zones.Publish != nil {
		partner, err := s.Partner(ctx)
		if err == nil {
			err = s.Misbehave(partner.Domain, dns.Behaviour{Delay: slow})
		}
		if err != nil {
			return conformance.Preamble(err)
		}
		as = partner.Identity
	}
	p, err := s.Dial(ctx, as, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	all, record, err := strangers(s, as, "")
	if err != nil {
		return err
	}
	if err := p.SendEach(fmt.Sprintf("%d × INVITE, and the end of our direction", many), record); err != nil {
		return err
	}
	if err := p.HalfClose(); err != nil {
		return err
	}
	waiting := map[string]bool{}
	for _, m := range all {
		waiting[m.CallID()] = true
	}
	for len(waiting) > 0 {
		answer, err := p.Await(ctx, fmt.Sprintf("responses to all %d requests; %d are missing", many, len(waiting)), raw.Final())
		if err != nil {
			return err
		}
		delete(waiting, answer.CallID())
	}
	return nil
}

func otherConnection(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	next, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := next.Ask(ctx, call.Next("BYE"))
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to BYE", Actual: answer.StartLine}
	}
	return nil
}

func otherPartner(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	thief, err := s.Another()
	if err != nil {
		return conformance.Preamble(err)
	}
	theirs, err := s.Dial(ctx, thief, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := theirs.Ask(ctx, call.Next("BYE"))
	if err != nil {
		return err
	}
	if !slices.Contains([]int{403, 481}, answer.Status()) {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "403 or 481", Actual: answer.StartLine}
	}
	answer, err = call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to the BYE of who is in the dialog", Actual: answer.StartLine}
	}
	return nil
}
