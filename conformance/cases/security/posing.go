package security

import (
	"context"
	"fmt"

	"fedge/conformance"
)

// posing are the cases about a partner that writes another one into From.
func posing() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-001",
		Title:       "Another partner's domain",
		Requirement: "A partner that writes another partner's domain into From is refused with 403, whatever of its own it writes into Contact, P-Asserted-Identity or P-Preferred-Identity.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.1.2", "RFC 5922 §7.3", "RFC 3325 §5"},
		Needs:       others,
		Mutants: []conformance.Mutant{
			{Name: "sec.from-any", Class: conformance.Accepted},
			{Name: "sec.pai-trust", Class: conformance.Accepted},
			{Name: "sec.contact-trust", Class: conformance.Accepted},
		},
		Run: posed,
	}, {
		ID:          "SEC-002",
		Title:       "From twice",
		Requirement: "A request with two From is refused with 400, whichever of them is the partner's own.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 4475 §3.3.8"},
		Needs:       proves,
		Mutants:     conformance.Kills("syn.dup-hdr", conformance.Accepted),
		Run: judged([]int{400}, func(own, other string) []string {
			mine, theirs := "<sip:u@"+own+">;tag=1", "<sip:u@"+other+">;tag=2"
			return []string{
				mine + "\r\nFrom: " + theirs, theirs + "\r\nFrom: " + mine, mine + "\r\nf: " + theirs,
				theirs + "\r\nSubject: x\r\nFROM: " + mine, mine + "\r\nFrom : " + mine,
			}
		}, nil),
	}, {
		ID:          "SEC-003",
		Title:       "From that can be read in two ways",
		Requirement: "The domain of From is the host of its URI and nothing else that looks like one: where that is another's or cannot be told, the answer is 403 or 400, or 504 where DNS knows no such domain.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §20.10", "RFC 5922 §7.3"},
		Needs:       proves,
		Mutants:     conformance.Kills("sec.from-parse", conformance.Accepted),
		Run:         judged([]int{403, 400, 416, 504}, ambiguous, unambiguous),
	}, {
		ID:          "SEC-004",
		Title:       "From with a port and parameters",
		Requirement: "Port and parameters of From's URI say nothing about its domain: neither maddr nor any other makes another's domain the partner's own.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §19.1.1", "RFC 5922 §7.3"},
		Needs:       proves,
		Mutants:     conformance.Kills("sec.from-port", conformance.Accepted),
		Run: judged([]int{403, 400, 504}, func(own, other string) []string {
			return []string{
				"<sip:u@" + other + ":5061>;tag=1", "<sip:u@" + other + ";maddr=" + own + ">;tag=1",
				"<sip:u@" + other + ":5061;transport=tls;maddr=" + own + ">;tag=1", "<sip:u@" + other + ";domain=" + own + ">;tag=1",
				"<sip:u@" + other + ">;maddr=" + own + ";tag=1", "sip:u@" + other + ";tag=1;host=" + own,
				"<sip:u@" + other + ";x=%40" + own + ">;tag=1",
			}
		}, nil),
	}}
}

// ambiguous are Froms that a careless reader takes for the partner's own.
func ambiguous(own, other string) []string {
	return []string{
		`"<sip:u@` + own + `>" <sip:u@` + other + ">;tag=1", `"u@` + own + `" <sip:u@` + other + ">;tag=1",
		"sip:u@" + own + ";tag=1 <sip:u@" + other + ">", "<sip:u@" + own + "> <sip:u@" + other + ">;tag=1",
		"<sip:u@" + own + "@" + other + ">;tag=1", "<sip:u%40" + own + "@" + other + ">;tag=1",
		"<sip:" + own + "@" + other + ">;tag=1", "<sip:" + own + `\@` + other + ">;tag=1", "<sip:u@" + other + `\@` + own + ">;tag=1",
		"<sip:u@" + other + ";x=@" + own + ">;tag=1", "<sip:u@" + other + "?x=@" + own + ">;tag=1", "<sip:u@" + other + "/@" + own + ">;tag=1",
		"<sip:u@" + other + "#@" + own + ">;tag=1", "<sip:u@" + other + "\x00@" + own + ">;tag=1", "<sip:u@" + own + "\x00." + other + ">;tag=1",
		"<sip:u@" + own + "\t." + other + ">;tag=1", "<sip:u@" + own + "\u3002" + other + ">;tag=1", "<sip:u@" + other + "\u3002>;tag=1",
		"<sip:u@" + own + "." + other + ">;tag=1", "<sip:u@" + other + ".>;tag=1", "<sip:u@x" + own + ">;tag=1",
		"<sip:u@[::1]>;tag=1", "<sip:u@127.0.0.1>;tag=1", "<tel:+15551230001>;tag=1", "<sip:u@>;tag=1", "<sip:" + other + ">;tag=1",
		"<sip:u@" + own + ">, <sip:u@" + other + ">;tag=1", "<sip:u@" + other + "> (u@" + own + ");tag=1",
		"<sip:u@" + other + ">;tag=1;x=\"<sip:u@" + own + ">\"",
	}
}

// unambiguous are Froms that are the partner's own and name another beside it:
// who refuses whatever looks odd has read nothing.
func unambiguous(own, other string) []string {
	return []string{
		"<sip:u@" + own + ">;tag=1", `"<sip:u@` + other + `>" <sip:u@` + own + ">;tag=1", "<sip:u%40" + other + "@" + own + ">;tag=1",
		"<sip:" + other + "@" + own + ">;tag=1", "<sip:u@" + own + ">;tag=1;x=\"u@" + other + "\"",
	}
}

// judged puts INVITEs with these Froms: those of others get one of the codes, or
// the end of the connection; those of the partner's own are taken.
func judged(codes []int, others, own func(own, other string) []string) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		domain := s.Target.Partner.Domain
		other := "evil." + domain
		put := func(value string, closes bool, codes ...int) error {
			p, err := s.Dial(ctx, s.Target.Partner, nil)
			if err != nil {
				return conformance.Preamble(err)
			}
			defer p.Abort()
			r, err := s.Put(ctx, p, fmt.Sprintf("INVITE, From: %q", value), from(s, value), true)
			if err != nil {
				return err
			}
			return gets(r, fmt.Sprintf("From: %q", value), closes, codes...)
		}
		for _, value := range others(domain, other) {
			if err := put(value, true, codes...); err != nil {
				return err
			}
		}
		if own == nil {
			return nil
		}
		for _, value := range own(domain, other) {
			if err := put(value, false, 200); err != nil {
				return err
			}
		}
		return nil
	}
}

// posed has the target's partner pose as one of ours, that is real.
func posed(ctx context.Context, s *conformance.Stand) error {
	victim, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	own, theirs := "<sip:u@"+s.Target.Partner.Domain+">", "<sip:u@"+victim.Domain+">"
	for _, step := range []struct {
		from  string
		more  []string
		codes []int
	}{
		{own, nil, []int{200}},
		{theirs, nil, []int{403}},
		{theirs, []string{"P-Asserted-Identity: " + own}, []int{403}},
		{theirs, []string{"P-Preferred-Identity: " + own, "Remote-Party-ID: " + own}, []int{403}},
		{theirs, []string{"Referred-By: " + own, "Reply-To: " + own, "Diversion: " + own}, []int{403}},
		// An identity that is not believed may also be passed over (RFC 3325 §5).
		{own, []string{"P-Asserted-Identity: " + theirs}, []int{403, 200}},
		{own, []string{"P-Preferred-Identity: " + theirs}, []int{200, 403}},
	} {
		r, err := s.Put(ctx, p, fmt.Sprintf("INVITE, From: %s %q", step.from, step.more), from(s, step.from+";tag="+s.Tag(), step.more...), true)
		if err != nil {
			return err
		}
		if err := gets(r, fmt.Sprintf("From: %s %q", step.from, step.more), false, step.codes...); err != nil {
			return err
		}
	}
	return nil
}
