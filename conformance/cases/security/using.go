package security

import (
	"context"
	"fmt"
	"net"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// using are the cases about who makes the node do something to others.
func using() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-012",
		Title:       "Small questions, small answers",
		Requirement: "What a peer hears whose From is not proved, or who asks for what is not served, is at most three times what it said.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §26.1.5", "RFC 3261 §26.3.2.4"},
		Needs:       proves,
		Mutants:     conformance.Kills("sec.amplify", conformance.Content),
		Run:         amplified,
	}, {
		ID:          "SEC-013",
		Title:       "Addresses in a request",
		Requirement: "Nothing is fetched from, and nobody dialled at, the URIs and addresses in Via, Contact, Record-Route, Refer-To, Call-Info, Alert-Info and their like.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §20.9", "RFC 3261 §20.4", "RFC 3261 §26.1.5", "RFC 4483 §7"},
		Needs:       conformance.Needs{Media: true, DNS: true},
		Mutants:     conformance.Kills("sec.fetch", conformance.Accepted),
		Run:         fetched,
	}, {
		ID:          "SEC-018",
		Title:       "No way through to others",
		Requirement: "A partner's INVITE to a number or to another partner's user is refused, however it is written, and the node calls nobody because of it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §16.3", "RFC 3261 §26.1"},
		Needs:       others,
		Mutants:     conformance.Kills("sec.dialthrough", conformance.Accepted),
		Run:         through,
	}}
}

// amplification is how much more than it asked a stranger may hear.
const amplification = 3

func amplified(ctx context.Context, s *conformance.Stand) error {
	as := s.Target.Partner
	as.Domain = "spoofed." + as.Domain
	for _, method := range []string{"INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "BYE", "CANCEL", "UNKNOWN"} {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		request := raw.NewRequest(method, "sip:a@"+s.Target.Domain).
			Header("v", "SIP/2.0/TLS a;branch="+s.Branch()).
			Header("f", "<sip:a@"+as.Domain+">;tag=1").
			Header("t", "<sip:a@"+s.Target.Domain+">").
			Header("i", s.CallID()).
			Header("CSeq", "1 "+method).
			Header("m", "<sip:a@"+as.Host+">").
			Line("l: 0").NoLength().Bytes()
		r, err := s.Put(ctx, p, "a short "+method, request, true)
		p.Abort()
		if err != nil {
			return err
		}
		heard := 0
		for _, m := range append(r.Said, r.Answer) {
			if m != nil {
				heard += len(m.Bytes)
			}
		}
		s.Note("%s: %d bytes for %d", method, heard, len(request))
		if heard > amplification*len(request) {
			return content(fmt.Sprintf("at most %d bytes in answer to %d of %s", amplification*len(request), len(request), method), fmt.Sprint(heard))
		}
	}
	return nil
}

func fetched(ctx context.Context, s *conformance.Stand) error {
	trap, err := s.Listen(ctx, conformance.Listening{Raw: func(net.Conn) {}})
	if err != nil {
		return conformance.Preamble(err)
	}
	domain, at := s.Domain(), trap.AddrPort()
	if err := s.Publish(domain, conformance.SRV(0, 0, at.Port(), "sip"), conformance.A("sip", at.Addr()), conformance.A("www", at.Addr()), conformance.A("@", at.Addr())); err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, host := range []string{fmt.Sprintf("www.%s:%d", domain, at.Port()), at.String()} {
		web, sip := "<http://"+host+"/icon.png>", "<sip:x@"+host+";transport=tcp>"
		for _, method := range []string{"OPTIONS", "INVITE", "REFER", "SUBSCRIBE", "MESSAGE", "NOTIFY"} {
			message, err := luring(s, method, web, sip, host)
			if err != nil {
				return err
			}
			if _, err := s.Put(ctx, p, method+" with addresses at "+host, message, true); err != nil {
				return err
			}
		}
	}
	if err := s.Wait(ctx, settling); err != nil {
		return err
	}
	if n := trap.Count(); n != 0 {
		return accepted("no connection to an address in a request", fmt.Sprintf("%d", n))
	}
	s.Note("%d questions about %s", len(s.Asked(domain)), domain)
	return nil
}

// luring is a request full of addresses. A call that it begins is hung up over
// the same connection, so that there is no need for any of them.
func luring(s *conformance.Stand, method, web, sip, host string) ([]byte, error) {
	as := s.Target.Partner
	b := raw.NewRequest(method, s.URI()).
		Header("Via", "SIP/2.0/TLS "+host+";maddr="+trapOf(host)+";received="+trapOf(host)+";branch="+s.Branch()).
		Header("Via", "SIP/2.0/TCP "+host+";branch="+s.Branch()).
		Header("Max-Forwards", "70").
		Header("From", "<sip:u@"+as.Domain+">;tag="+s.Tag()).
		Header("To", "<"+s.URI()+">").
		Header("Call-ID", s.CallID()).
		Header("CSeq", "1 "+method).
		Header("Contact", sip).
		Header("Call-Info", web+";purpose=icon").Header("Alert-Info", web).Header("Error-Info", web).
		Header("Reply-To", sip).Header("Refer-To", sip).Header("Referred-By", sip).
		Header("Identity-Info", web+";alg=rsa-sha1").Header("Identity", `"e30="`+";info="+web).
		Header("Event", "refer").Header("History-Info", sip+";index=1").Header("Geolocation", web)
	switch method {
	case "INVITE":
		b.Header("Record-Route", "<sip:"+host+";lr>").Length().Body("application/sdp", s.Offer())
	case "MESSAGE", "NOTIFY":
		b.Length().Body(`message/external-body; access-type="URL"; expiration="Mon, 24 Jun 2036 09:00:00 GMT"; URL="http://`+host+`/body"`, []byte("Content-Type: text/plain\r\n\r\n"))
	}
	m, err := b.Message()
	if err != nil {
		return nil, err
	}
	return m.Bytes, nil
}

// trapOf is a host without its port.
func trapOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport
	}
	return host
}

func through(ctx context.Context, s *conformance.Stand) error {
	victim, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	domain := s.Target.Domain
	for _, uri := range []string{
		"sip:anna@" + victim.Domain, "sips:anna@" + victim.Domain, "sip:anna%40" + victim.Domain + "@" + domain,
		"sip:anna!" + victim.Domain + "@" + domain, "sip:anna@" + domain + ";maddr=" + victim.Host,
		"tel:+15551230001", "sip:+15551230001@" + domain + ";user=phone", "sip:9+15551230001@" + domain, "sip:0015551230001@" + s.Target.Node,
		"sip:+15551230001;phone-context=" + victim.Domain + "@" + domain + ";user=phone",
	} {
		invite := s.Request("INVITE", uri, s.Target.Partner, s.CallID()).Length().Body("application/sdp", s.Offer())
		r, err := s.Put(ctx, p, "INVITE to "+uri, invite.Bytes(), true)
		if err != nil {
			return err
		}
		if err := r.NotTaken(); err != nil {
			return err
		}
	}
	waiting, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	if _, err := victim.Edge.Accept(waiting); err == nil || victim.Edge.Count() > 0 {
		return accepted("no call to who was named in a Request-URI", "a connection to "+victim.Host)
	}
	return nil
}
