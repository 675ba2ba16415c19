package security

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// showing are the cases about what a node tells, and to whom.
func showing() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-014",
		Title:       "Headers of a trust domain",
		Requirement: "What a partner writes into P-Asserted-Identity and other headers that only a trust domain may write is passed on to nobody, however they are spelt and however many there are.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3325 §5", "RFC 3261 §7.3.1", "[MS-SIPRE] 2.2.15"},
		Needs:       conformance.Needs{Media: true, Called: true},
		Mutants:     conformance.Kills("sec.strip-one", conformance.Content),
		Run:         stripped,
	}, {
		ID:          "SEC-015",
		Title:       "What lies behind",
		Requirement: "No message of a node behind a NAT names its inner address, the inner domain of a caller, or a version of its software.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5853 §3.1.1", "RFC 3261 §20.35", "RFC 3261 §20.41"},
		Needs:       conformance.Needs{Media: true, Trigger: true, DNS: true, Authority: true, Variant: true},
		Mutants: []conformance.Mutant{
			{Name: "id.leak-pai", Class: conformance.Content},
			{Name: "id.sdp-leak", Class: conformance.Content},
		},
		Run: behind,
	}, {
		ID:          "SEC-017",
		Title:       "Which rooms there are",
		Requirement: "A peer whose From is not proved hears the same of a room that there is as of one that there is not.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §26.3.2.4", "RFC 5922 §7.3"},
		Needs:       proves,
		Mutants:     conformance.Kills("sec.enum", conformance.Content),
		Run:         enumerated,
	}, {
		ID:          "SEC-020",
		Title:       "What peers say, quoted",
		Requirement: "Control characters in what a partner says of a call, such as those that steer a terminal, do not reach who placed it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.1", "RFC 3629 §10"},
		Needs:       outward,
		Mutants:     conformance.Kills("log.raw", conformance.Content),
		Run:         quoted,
	}}
}

// marker is what a peer says and nobody else may.
const marker = "sec014marker"

func stripped(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	mine := "<sip:" + marker + "@" + s.Target.Partner.Domain + ">"
	claims := func(b *raw.Builder) *raw.Builder {
		for _, name := range []string{"P-Asserted-Identity", "p-asserted-identity", "P-ASSERTED-IDENTITY", "P-Preferred-Identity", "Remote-Party-ID", "p-charging-vector", "P-Access-Network-Info"} {
			b.Header(name, mine)
		}
		for _, name := range []string{"ms-edge-proxy-message-trust", "MS-Edge-Proxy-Message-Trust", "ms-split-domain-info", "X-Trusted-By", "History-Info", "Diversion"} {
			b.Header(name, mine+";ms-source-type=AuthorizedServer;ms-source-verified-user=verified;index=1")
		}
		return b
	}
	invite := claims(s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID())).Length().Body("application/sdp", s.Offer())
	// A node may also refuse who asserts: what it must not do is to repeat it.
	answer, err := p.Ask(ctx, invite.Bytes())
	if err != nil {
		return err
	}
	first, err := invite.Message()
	if err != nil {
		return err
	}
	call := conformance.Answered(s, p, first, answer)
	if err := call.Ack(); err != nil {
		return err
	}
	said := []*raw.Message{answer}
	options, err := p.Ask(ctx, claims(s.Request("OPTIONS", "sip:"+s.Target.Node, s.Target.Partner, s.CallID())).Bytes())
	if err != nil {
		return err
	}
	in, err := s.Called(ctx) // from the room that the marked call is in
	if err != nil {
		return err
	}
	said = append(said, options, in.Invite)
	if answer.Status() < 300 {
		bye, err := call.Ask(ctx, claims(call.Build("BYE")))
		if err != nil {
			return err
		}
		said = append(said, bye)
	}
	for _, m := range said {
		for _, h := range m.Headers {
			if strings.Contains(h.Value, marker) || strings.Contains(h.Name, marker) {
				return content("nothing of a peer's assertions in "+m.StartLine, h.Name+": "+h.Value)
			}
		}
	}
	return in.Decline(ctx)
}

// hiddenBy is how far a public address lies above the inner one, in a lab.
const hiddenBy = 100

// version is how software tells which it is: name/1.2.
var version = regexp.MustCompile(`[0-9]+\.[0-9]+`)

func behind(ctx context.Context, s *conformance.Stand) error {
	var address netip.Addr
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		address = p.Nodes[0].Address
		b := address.As4()
		b[3] += hiddenBy
		p.Nodes[0].Public = netip.AddrFrom4(b)
	}})
	if err != nil {
		return err
	}
	said, err := conversation(ctx, there)
	if err != nil {
		return err
	}
	for _, m := range said {
		for _, secret := range []string{address.String(), inner} {
			if line, found := holds(m.Bytes, secret); found {
				return content("nothing of "+secret+" in "+m.StartLine, line)
			}
		}
		for _, name := range []string{"Server", "User-Agent"} {
			if version.MatchString(m.Get(name)) {
				return content("no version in "+m.StartLine, name+": "+m.Get(name))
			}
		}
	}
	return nil
}

// conversation is all that a node says when it is asked this and that, and when
// it makes a call.
func conversation(ctx context.Context, s *conformance.Stand) (said []*raw.Message, err error) {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return nil, conformance.Preamble(err)
	}
	as := s.Target.Partner
	spoofed := as
	spoofed.Domain = "spoofed." + as.Domain
	for _, request := range []*raw.Builder{
		s.Request("OPTIONS", "sip:"+s.Target.Node, as, s.CallID()),
		s.Request("REGISTER", "sip:"+s.Target.Domain, as, s.CallID()),
		s.Request("BYE", s.URI(), as, s.CallID()),
		s.Invite(as, s.Offer()),
		s.Invite(spoofed, s.Offer()),
		s.Invite(as, []byte("v=0\r\n")),
		s.Request("INVITE", "sip:nobody@"+s.Target.Domain, as, s.CallID()),
		s.Request("INVITE", s.URI(), as, s.CallID()).Header("Require", "nothing-known"),
		s.Request("INVITE", s.URI(), as, s.CallID()).Body("text/plain", []byte("hello")),
	} {
		m, err := request.Message()
		if err != nil {
			return nil, err
		}
		r, err := s.Put(ctx, p, m.StartLine, m.Bytes, true)
		if err != nil {
			return nil, err
		}
		said = append(append(said, r.Answer), r.Said...)
	}
	in, err := s.CalledAs(ctx, conformance.Place{From: "alice@" + inner, Name: "Alice"})
	if err != nil {
		return nil, conformance.Preamble(err)
	}
	ack, bye, err := in.Disappoint(ctx, "")
	return slices.DeleteFunc(append(said, in.Invite, ack, bye), func(m *raw.Message) bool { return m == nil }), err
}

func enumerated(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	liar := s.Target.Partner
	liar.Domain = "spoofed." + liar.Domain
	var told []string
	for _, uri := range []string{s.URI(), "sip:nobody." + s.Tag() + "@" + s.Target.Domain} {
		invite := s.Request("INVITE", uri, liar, s.CallID()).Length().Body("application/sdp", s.Offer())
		answer, err := s.Try(ctx, p, invite.Bytes())
		if err != nil {
			return err
		}
		if answer.Status() < 300 {
			return accepted("403 to an INVITE whose From is not proved", answer.StartLine)
		}
		told = append(told, outline(answer))
	}
	if told[0] != told[1] {
		return content("the same answer whether there is such a room: "+told[0], told[1])
	}
	return nil
}

// outline is what an answer says beside what it echoes.
func outline(m *raw.Message) string {
	lines := []string{m.StartLine}
	for _, h := range m.Headers {
		switch strings.ToLower(h.Name) {
		case "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "date":
			lines = append(lines, h.Name)
		default:
			lines = append(lines, h.Name+": "+h.Value)
		}
	}
	return strings.Join(lines, "; ")
}

func quoted(ctx context.Context, s *conformance.Stand) error {
	for _, reason := range []string{"Busy \u009b31m<script>alert(1)</script>", "\u0090q\u009c\u0085forged line", `Busy"},{"forged":"1`} {
		in, err := s.Called(ctx)
		if err != nil {
			return err
		}
		if err := in.Respond(in.Invite, 603, reason, nil); err != nil {
			return err
		}
		placed, err := in.Placing.Result(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		if placed.SIP != 603 && placed.SIP != 0 {
			return conformance.Preamble(fmt.Errorf("the trigger tells of %d, not of 603", placed.SIP))
		}
		if at := strings.IndexFunc(placed.Body, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }); at >= 0 {
			return content("no control character in what the trigger says", fmt.Sprintf("%+q", placed.Body))
		}
	}
	return nil
}
