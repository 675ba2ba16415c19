package security

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// smuggling are the cases about a message within a message, and about whose it
// would be.
func smuggling() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-005",
		Title:       "A request within a body",
		Requirement: "A request that is in another one's body is obeyed in nobody's name, however the length of that body is told.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 4475 §3.3.9", "RFC 3261 §26.1.2"},
		Needs:       proves,
		Mutants: []conformance.Mutant{
			{Name: "frame.last-cl", Class: conformance.Accepted},
			{Name: "frame.compact-cl", Class: conformance.Accepted},
			{Name: "frame.bare-lf", Class: conformance.Accepted},
			{Name: "frame.scan-crlf", Class: conformance.Accepted},
		},
		Run: hidden,
	}, {
		ID:          "SEC-021",
		Title:       "Who a resumed session belongs to",
		Requirement: "A resumed TLS session has the identity that was proved when it was made, and no more: each request on it is judged by that, also when several come at once.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8446 §4.6.1", "RFC 5922 §7.3", "RFC 5246 §F.1.4"},
		Needs:       others,
		Mutants:     conformance.Kills("tls.resume-noid", conformance.Accepted),
		Run:         resumed,
	}}
}

// wrapped is a way to tell the length of a body that holds a request.
type wrapped struct {
	what  string
	lines []string // %s: the body's length
	right bool     // it is right: the message is whole
}

func hidden(ctx context.Context, s *conformance.Stand) error {
	for _, w := range []wrapped{
		{"a right length", []string{"Content-Type: message/sip", "Content-Length: %s"}, true},
		{"two lengths", []string{"Content-Length: 0", "Content-Length: %s"}, false},
		{"two lengths, 0 last", []string{"Content-Length: %s", "Content-Length: 0"}, false},
		{"a compact length of 0", []string{"l: 0", "Content-Length: %s"}, false},
		{"a compact length", []string{"Content-Length: 0", "l: %s"}, false},
		{"a length behind a bare LF", []string{"Content-Length: 0", "Subject: a\nContent-Length: %s"}, false},
		{"a length before a bare LF", []string{"Subject: a\nContent-Length: %s"}, false},
		{"a negative length", []string{"Content-Length: -%s"}, false},
		{"no length", nil, false},
	} {
		for _, domain := range []string{s.Target.Partner.Domain, "spoofed." + s.Target.Partner.Domain} {
			if err := w.put(ctx, s, domain); err != nil {
				return err
			}
		}
	}
	return nil
}

// put sends OPTIONS around an OPTIONS of this domain's.
func (w wrapped) put(ctx context.Context, s *conformance.Stand, domain string) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	defer p.Abort()
	as := s.Target.Partner
	as.Domain = domain
	inner, err := raw.Parse(s.Options(as))
	if err != nil {
		return err
	}
	body := inner.Bytes
	if w.right {
		body = slices.Concat([]byte("first\r\n\r\n"), body)
	}
	b := s.Request("OPTIONS", "sip:"+s.Target.Node, s.Target.Partner, s.CallID()).NoLength()
	for _, line := range w.lines {
		b.Line(strings.ReplaceAll(line, "%s", strconv.Itoa(len(body))))
	}
	r, err := s.Put(ctx, p, "OPTIONS around OPTIONS, "+w.what, slices.Concat(b.Bytes(), body), w.right)
	if err != nil {
		return err
	}
	for _, m := range append(r.Said, r.Answer) {
		if m != nil && m.CallID() == inner.CallID() {
			return accepted("no answer to what is in a body, with "+w.what, m.StartLine)
		}
	}
	switch {
	case w.right && r.Answer == nil:
		return r.Status(200)
	case w.right:
		return nil
	case r.Answer != nil && r.Answer.Status() < 300:
		return accepted("400 or nothing, with "+w.what, r.Answer.StartLine)
	case !r.Closed && r.Usable:
		return accepted("the connection closed, with "+w.what, "an answer to the next request")
	}
	return nil
}

func resumed(ctx context.Context, s *conformance.Stand) error {
	other, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		sessions := tls.NewLRUClientSessionCache(4)
		with := func(settings *tls.Config) {
			settings.MaxVersion, settings.ClientSessionCache = version, sessions
		}
		first, err := s.Dial(ctx, s.Target.Partner, with)
		if err != nil {
			return conformance.Preamble(err)
		}
		if _, err := first.Ask(ctx, s.Options(s.Target.Partner)); err != nil { // the ticket comes with it
			return conformance.Preamble(err)
		}
		// Who holds the session shows another certificate: it does not count.
		for _, as := range []conformance.Identity{s.Target.Partner, other.Identity} {
			p, err := s.Dial(ctx, as, with)
			if err != nil {
				return conformance.Preamble(err)
			}
			mine, theirs := s.Target.Partner, other.Identity
			if !p.State().DidResume {
				s.Note("TLS %#x: %s was not resumed", version, as.Host)
				if as.Domain == other.Domain {
					mine, theirs = theirs, mine
				}
			}
			if err := pipelined(ctx, s, p, mine, theirs); err != nil {
				return err
			}
			p.Abort()
		}
	}
	return nil
}

// pipelined sends INVITEs of two domains as one record: the first is taken, the
// second refused.
func pipelined(ctx context.Context, s *conformance.Stand, p *conformance.Peer, mine, theirs conformance.Identity) error {
	good, err := s.Invite(mine, s.Offer()).Message()
	if err != nil {
		return err
	}
	bad, err := s.Invite(theirs, s.Offer()).Message()
	if err != nil {
		return err
	}
	if err := p.SendEach("INVITE of "+mine.Domain+", INVITE of "+theirs.Domain, slices.Concat(good.Bytes, bad.Bytes)); err != nil {
		return err
	}
	for range 2 {
		answer, err := p.Await(ctx, "final responses to both INVITEs", raw.And(raw.Final(), raw.Or(raw.InCall(good.CallID()), raw.InCall(bad.CallID()))))
		if err != nil {
			return err
		}
		invite, want := good, 200
		if answer.CallID() == bad.CallID() {
			invite, want = bad, 403
		}
		call := conformance.Answered(s, p, invite, answer)
		if err := call.Ack(); err != nil {
			return err
		}
		if err := conformance.Gets(answer, want); err != nil {
			m, _ := conformance.AsMismatch(err)
			m.Expected += fmt.Sprintf(" of %s, resumed: %t", invite.Get("From"), p.State().DidResume)
			return m
		}
	}
	return nil
}
