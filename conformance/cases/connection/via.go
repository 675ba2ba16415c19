package connection

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

func received(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := strings.Replace(string(s.Options(s.Target.Partner)), ";branch=", ";rport;branch=", 1)
	answer, err := p.Ask(ctx, []byte(request))
	if err != nil {
		return err
	}
	return judgeVia(s, p, answer, true)
}

// judgeVia wants the topmost Via to say where we are. On the far side of a NAT
// that is not where we think, and only noted.
func judgeVia(s *conformance.Stand, p *conformance.Peer, answer *raw.Message, rport bool) error {
	via, err := raw.ParseVia(answer.Get("Via"))
	if err != nil {
		return err
	}
	address, _ := via.Params.Get("received")
	port, _ := via.Params.Get("rport")
	said, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if err != nil {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "received with the address of the request's source", Actual: answer.Get("Via")}
	}
	if rport && port == "" {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "rport with the port of the request's source", Actual: answer.Get("Via")}
	}
	if here := p.Addr(); said.Unmap() != here.Addr() || rport && port != fmt.Sprint(here.Port()) {
		if here.Addr().IsLoopback() {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "received and rport to say " + here.String(), Actual: answer.Get("Via")}
		}
		s.Note("we are %s, the node sees %s: there is a NAT between", here, answer.Get("Via"))
	}
	return nil
}

func sips(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	plain, err := s.Invite(s.Target.Partner, s.Offer()).Message()
	if err != nil {
		return err
	}
	invite := strings.ReplaceAll(string(plain.Bytes), "sip:"+s.Target.Alias, "sips:"+s.Target.Alias)
	invite = strings.Replace(invite, "Contact: <sip:", "Contact: <sips:", 1)
	call, err := s.Establish(ctx, p, []byte(invite))
	if err != nil {
		return s.Lesser(conformance.Should, err) // RFC 3261 §26.3.1 has it understood, §21.4.14 lets it be refused
	}
	defer call.Hangup(ctx)
	contact, err := raw.ParseNameAddr(call.Answer.Get("Contact"))
	if err != nil || !strings.EqualFold(contact.URI.Scheme, "sips") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "a Contact with a SIPS URI", Actual: call.Answer.Get("Contact")}
	}
	return nil
}

func otherTransport(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, transport := range []string{"UDP", "TCP", "SCTP"} {
		request := strings.Replace(string(s.Options(s.Target.Partner)), "SIP/2.0/TLS", "SIP/2.0/"+transport, 1)
		answer, err := p.Ask(ctx, []byte(request))
		if err != nil {
			return about(err, "a response on the connection to a request whose Via says %s", transport)
		}
		if answer.Status() != 200 && answer.Status() != 400 {
			return &conformance.Mismatch{Class: conformance.Status, Expected: "200 or 400", Actual: answer.StartLine}
		}
	}
	return nil
}

func spoofedVia(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, spoof := range []string{";received=192.0.2.66", ";maddr=192.0.2.66;received=192.0.2.66;ttl=1", `;received="192.0.2.66"`} {
		request := strings.Replace(string(s.Options(s.Target.Partner)), ";branch=", spoof+";branch=", 1)
		answer, err := p.Ask(ctx, []byte(request))
		if err != nil {
			return about(err, "a response on the connection of a request with %s", spoof)
		}
		if answer.Status() == 400 {
			s.Note("%s: refused with 400", spoof)
			continue
		}
		if err := judgeVia(s, p, answer, false); err != nil {
			return err
		}
		if strings.Contains(received1(answer), "192.0.2.66") {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "the peer's own received overwritten", Actual: answer.Get("Via")}
		}
	}
	return nil
}

func received1(m *raw.Message) string {
	value, _ := m.Param("Via", "received")
	return value
}
