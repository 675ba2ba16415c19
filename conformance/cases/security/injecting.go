package security

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// injecting are the cases about text of somebody's that becomes a line of the
// node's.
func injecting() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-006",
		Title:       "Line ends in names that the node writes",
		Requirement: "Line ends in the alias and the display name of a call that the node makes, escaped or not, become no line of its INVITE or ACK.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1", "RFC 3261 §19.1.2"},
		Needs:       outward,
		Mutants:     conformance.Kills("sec.crlf", conformance.Content),
		Run:         names,
	}, {
		ID:          "SEC-007",
		Title:       "Line ends in what the node echoes",
		Requirement: "Call-ID, tags, branch and names with every character that they may have come back byte for byte; with one that they may not have, no line of a peer's making comes back.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.2.6.2", "RFC 3261 §25.1"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sec.echo", conformance.Content),
		Run:         echoes,
	}, {
		ID:          "SEC-008",
		Title:       "Line ends in a session description",
		Requirement: "Line ends within a line of an offer, escaped or not, become no line of the answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8866 §5", "RFC 8866 §9"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sdp.inject", conformance.Content),
		Run:         descriptions,
	}}
}

func names(ctx context.Context, s *conformance.Stand) error {
	for _, call := range []conformance.Place{
		{From: "alice%0d%0a" + planted + ":%201@" + inner}, {From: "alice\r\n" + planted + ": 1@" + inner},
		{From: "alice%0a" + planted + ":%201@" + inner, Name: "Alice%0d%0a" + planted + ": 1"},
		{To: "sip:anna%0d%0a" + planted + ":%201"},
		{Name: "Alice\n" + planted + ": 1"}, {Name: "Alice\r" + planted + ": 1"}, {Name: "\"\r\n" + planted + ": 1\r\n\""},
		{Name: "Alice+AA0ACg-" + planted + ": 1"}, {Name: "Alice\u0085" + planted + "\u2028" + planted + "\x00"},
	} {
		if err := named(ctx, s, call); err != nil {
			return err
		}
	}
	return nil
}

// named has the node make a call with such names, if it will at all, and looks at
// what it says in it.
func named(ctx context.Context, s *conformance.Stand, call conformance.Place) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	if call.To == "" {
		call.To = "sip:anna"
	}
	call.To += "@" + partner.Domain
	placing, err := s.Place(ctx, call)
	if err != nil {
		return err
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // a node that will not make such a call says so at once
		if placed, err := placing.Result(waiting); err == nil && placed.Status >= 300 {
			stop()
		}
	}()
	p, err := partner.Edge.Accept(waiting)
	if err != nil {
		placed, told := placing.Result(ctx)
		if told == nil && placed.Status >= 300 {
			s.Note("%+q is not called: %s", call, placed.Body)
			return nil
		}
		return err
	}
	invite, err := p.Await(ctx, "INVITE", raw.Request("INVITE"))
	if err != nil {
		return err
	}
	if err := of(call, whole(invite)); err != nil {
		return err
	}
	if err := p.Respond(invite, 486, "Busy Here", nil); err != nil {
		return err
	}
	ack, err := p.Await(ctx, "ACK", raw.Request("ACK"))
	if err != nil {
		return err
	}
	return of(call, whole(ack))
}

// of says in which call something is not as it must be.
func of(call conformance.Place, err error) error {
	if m, ok := conformance.AsMismatch(err); ok {
		m.Actual += fmt.Sprintf(", in a call of %+q", call)
	}
	return err
}

func echoes(ctx context.Context, s *conformance.Stand) error {
	const word = `-.!%*_+` + "`" + `'~()<>:\"/[]?{}%0d%0a` + planted + `:1`
	const token = `-.!%*_+` + "`" + `'~%0d%0a` + planted
	for _, step := range []struct {
		callID, tag, branch, name string
		legal                     bool
	}{
		{word, token, token, `"\"<script>%0d%0a` + planted + `: 1"`, true},
		{"a@" + word, "a", "b", `"\\` + "\u009b\u2028\u0085" + `%0a` + planted + `"`, true},
		{"a\r" + planted + ": 1", "a", "b", "", false}, {"a\n" + planted + ": 1", "a", "b", "", false},
		{"a", "a\n" + planted + ": 1", "b", "", false}, {"a", "a\r" + planted + ": 1", "b", "", false},
		{"a", "a", "b\n" + planted + ": 1", "", false}, {"a", "a", "b\x00\r" + planted + ": 1", "", false},
		{"a", "a", "b", "\"x\n" + planted + ": 1\"", false}, {"a", "a", "b", "\"x\\\r" + planted + ": 1\"", false},
	} {
		for _, method := range []string{"OPTIONS", "INVITE", "BYE"} {
			as, unique := s.Target.Partner, s.Tag()
			b := raw.NewRequest(method, s.URI()).
				Header("Via", "SIP/2.0/TLS "+as.Host+":5061;branch=z9hG4bK"+unique+step.branch).
				Header("Max-Forwards", "70").
				Header("From", step.name+"<sip:u@"+as.Domain+">;tag="+unique+step.tag).
				Header("To", "<"+s.URI()+">").
				Header("Call-ID", unique+step.callID).
				Header("CSeq", "1 "+method).
				Header("Contact", "<sip:u@"+as.Host+":5061;transport=tls>")
			if method == "INVITE" {
				b.Body("application/sdp", s.Offer())
			}
			if err := echoed(ctx, s, b.Bytes(), fmt.Sprintf("%s with %+q", method, []string{step.callID, step.tag, step.branch, step.name}), step.legal); err != nil {
				return err
			}
		}
	}
	return nil
}

// echoed puts a request and wants an answer without a line that is not the
// node's own; if the request is legal, with what is its own.
func echoed(ctx context.Context, s *conformance.Stand, request []byte, what string, legal bool) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	defer p.Abort()
	r, err := s.Put(ctx, p, what, request, legal)
	if err != nil {
		return err
	}
	for _, m := range append(r.Said, r.Answer) {
		if m == nil {
			continue
		}
		if err := whole(m); err != nil {
			m, _ := conformance.AsMismatch(err)
			m.Actual += ", in answer to " + what
			return m
		}
	}
	switch {
	case legal && r.Answer == nil:
		return r.Understood()
	case legal:
		return conformance.All(conformance.Echoes("From", "Call-ID", "CSeq"), conformance.KeepsVias)(&r)
	case r.Answer != nil && r.Answer.Status() < 300:
		return accepted("400 or the end of the connection, for "+what, r.Answer.StartLine)
	}
	return nil
}

func descriptions(ctx context.Context, s *conformance.Stand) error {
	const line = "a=x-injected:1"
	offer := string(s.Offer())
	for _, step := range []struct {
		old, with string
		legal     bool
	}{
		{"s=session", "s=x%0d%0a" + line, true}, {"s=session", "s=x\u2028" + line, true}, {"s=session", `s=x\r\n` + line, true},
		{"o=- ", "o=x%0d%0a" + line + " ", true}, {"t=0 0\r\n", "t=0 0\r\na=x%0d%0a" + line + "\r\n", true},
		{"s=session", "s=x\r" + line, false}, {"o=- ", "o=x\r" + line + " ", false}, {"s=session", "s=x\x00" + line, false},
		{"m=audio", "m=text\r" + line + " 9 RTP/AVP 96\r\nm=audio", false}, {"t=0 0", "t=0 0\r" + line, false},
		{"m=audio", "m=x%0d%0a" + line + " 9 RTP/AVP 96\r\nm=audio", false},
	} {
		body := strings.Replace(offer, step.old, step.with, 1)
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		what := fmt.Sprintf("INVITE with %q in its offer", step.with)
		r, err := s.Put(ctx, p, what, s.Invite(s.Target.Partner, []byte(body)).Bytes(), true)
		p.Abort()
		if err != nil {
			return err
		}
		if step.legal {
			if err := r.Taken(); err != nil {
				return err
			}
		}
		if r.Answer == nil {
			continue
		}
		for answer := range bytes.Lines(r.Answer.Body) {
			text := string(bytes.TrimSuffix(answer, []byte("\r\n")))
			if strings.HasPrefix(text, line) || strings.ContainsAny(text, "\r\n\x00") || len(text) < 2 || text[1] != '=' {
				return content("an answer of lines of the node's own, to "+what, fmt.Sprintf("%q", answer))
			}
		}
	}
	return nil
}

// inner is a domain of which no partner shall hear.
const inner = "inside.corp"
