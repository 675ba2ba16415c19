package syntax

import (
	"context"
	"time"

	"fedge/certs"
	"fedge/conformance"
	"fedge/dns"
	"fedge/sip/raw"
)

// slow is how long our name server takes: longer than the 200 ms after which
// 100 is due (RFC 3261 §17.2.1).
const slow = 400 * time.Millisecond

// timestamp calls as an organisation whose records are slow to come, so that
// the node has to say 100 first.
func timestamp(ctx context.Context, s *conformance.Stand) error {
	as := conformance.Identity{Domain: s.Domain()}
	as.Host = "sip." + as.Domain
	var err error
	if as.Certificate, err = s.Issue(certs.Request{CommonName: as.Host, Names: []string{as.Host}}); err != nil {
		return err
	}
	if err := s.Publish(as.Domain, "_sipfederationtls._tcp IN SRV 0 0 5061 sip"); err != nil {
		return err
	}
	if err := s.Misbehave(as.Domain, dns.Behaviour{Delay: slow}); err != nil {
		return err
	}
	p, err := s.Dial(ctx, as, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	const stamp = "54.25 0.5"
	invite, err := s.Invite(as, s.Offer()).Header("Timestamp", stamp).Message()
	if err != nil {
		return err
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return err
	}
	first, err := p.Await(ctx, "100, while the node looks us up", raw.AnswerTo(invite))
	if err != nil {
		return err
	}
	if first.Status() != 100 {
		s.Note("the first response was %s: the node said no 100", first.StartLine)
	} else if first.Get("Timestamp") != stamp {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Timestamp: " + stamp, Actual: "Timestamp: " + first.Get("Timestamp")}
	}
	for first.Status() < 200 {
		if first, err = p.Await(ctx, "a final response to INVITE", raw.AnswerTo(invite)); err != nil {
			return err
		}
	}
	call := conformance.Answered(s, p, invite, first)
	if err := call.Ack(); err != nil {
		return err
	}
	if first.Status() < 300 {
		call.Hangup(ctx)
	}
	return nil
}
