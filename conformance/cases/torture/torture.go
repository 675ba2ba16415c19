// Package torture holds the torture messages of RFC 4475, aimed at the target:
// request URI, To and From belong to the parties, the torture is untouched.
package torture

import (
	"context"
	"strings"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TOR-wsinv",
		Title:       "A short tortuous INVITE",
		Requirement: "White space around \";\" and \"=\", folded lines, compact and mixed-case names change nothing: the tag in To is seen, so the request belongs to a dialog that does not exist.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4475 §3.1.1.1", "RFC 3261 §7.3.1", "RFC 3261 §12.2.2"},
		Mutants:     []conformance.Mutant{{Name: "syn.lws-param", Class: conformance.Status}},
		Run:         tortuous,
	}, {
		ID:          "TOR-insuf",
		Title:       "Missing required header fields",
		Requirement: "A request without Call-ID, From or To is refused with 400, whichever of them is missing.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4475 §3.3.1", "RFC 3261 §8.1.1", "RFC 3261 §8.2.2"},
		Mutants:     []conformance.Mutant{{Name: "syn.mandatory", Class: conformance.Status}},
		Run:         insufficient,
	}, {
		ID:          "TOR-zeromf",
		Title:       "Max-Forwards of zero",
		Requirement: "OPTIONS with Max-Forwards 0 is answered by the node it is for, or refused with 483 by one that would have to forward it; it never travels on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4475 §3.3.11", "RFC 3261 §16.3"},
		Mutants:     []conformance.Mutant{{Name: "rt.mf-wrap", Class: conformance.Silence}},
		Run:         zeroForwards,
	}}
}

// tortuous is RFC 4475 §3.1.1.1 with the parties' names. The unknown tag in To
// is what shows that parameters with white space are understood: 481.
func tortuous(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	domain, host := s.Target.Partner.Domain, s.Target.Partner.Host
	body := string(s.Offer())
	callID := s.CallID()
	message := lines(
		"INVITE "+s.URI()+";unknownparam SIP/2.0",
		"TO :",
		" "+s.URI()+" ;   tag    = 1918181833n",
		"from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@"+domain+">",
		"  ;",
		"  tag = 98asjd8",
		"MaX-fOrWaRdS: 0068",
		"Call-ID: "+callID,
		"Content-Length   : "+decimal(len(body)),
		"cseq: 0009",
		"  INVITE",
		"Via  : SIP  /   2.0",
		" /TLS",
		"    "+host+";branch=",
		" "+s.Branch(),
		"s :",
		"NewFangledHeader:   newfangled value",
		" continued newfangled value",
		"UnknownHeaderWithUnusualValue: ;;,,;;,;",
		"Content-Type: application/sdp",
		"Route:",
		" <sip:"+s.Target.Node+";lr>",
		"v:  SIP  / 2.0  / TLS     192.168.255.111   ;branch=",
		" z9hG4bK30239",
		"m:\"Quoted string \\\"\\\"\" <sip:jdrosen@"+host+"> ; newparam =",
		"      newvalue ;",
		"  secondparam ; q = 0.33",
		"",
	) + body
	answer, err := p.Ask(ctx, []byte(message))
	if err != nil {
		return err
	}
	if answer.Status() != 481 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "481: the To tag is seen, and no dialog has it", Actual: answer.StartLine}
	}
	return nil
}

// insufficient sends the RFC's INVITE without all three, then requests that are
// complete but for one: a node may miss From for reasons of its own.
func insufficient(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	body := string(s.Offer())
	message := lines(
		"INVITE "+s.URI()+" SIP/2.0",
		"CSeq: 193942 INVITE",
		"Via: SIP/2.0/TLS "+s.Target.Partner.Host+":5061;branch="+s.Branch(),
		"Max-Forwards: 95",
		"Content-Type: application/sdp",
		"Content-Length: "+decimal(len(body)),
		"",
	) + body
	if err := refused(ctx, p, []byte(message), "INVITE without Call-ID, From, To", "193942 INVITE"); err != nil {
		return err
	}
	for _, name := range []string{"Call-ID", "From", "To"} {
		if err := refused(ctx, p, without(s.Options(s.Target.Partner), name), "OPTIONS without "+name, "1 OPTIONS"); err != nil {
			return err
		}
	}
	return nil
}

func refused(ctx context.Context, p *conformance.Peer, request []byte, label, cseq string) error {
	if err := p.Send(request, label); err != nil {
		return err
	}
	answer, err := p.Await(ctx, "400 to "+label, final(cseq))
	if err != nil {
		return err
	}
	if answer.Status() != 400 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "400 to " + label, Actual: answer.StartLine}
	}
	return nil
}

func zeroForwards(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	request := s.Options(s.Target.Partner)
	zero := strings.Replace(string(request), "Max-Forwards: 70", "Max-Forwards: 0", 1)
	answer, err := p.Ask(ctx, []byte(zero))
	if err != nil {
		return err
	}
	if status := answer.Status(); status != 200 && status != 483 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 or 483", Actual: answer.StartLine}
	}
	return nil
}
