package robustness

import (
	"context"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

func mistakes() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-016",
		Title:       "Messages that felled others",
		Requirement: "Whatever is in a request, it is answered (400 or 500 if need be) or its connection is closed, and calls of other connections go on. Forty requests of one call at once are each answered, on a connection that stays: other people's calls are on it too.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.4.1", "RFC 3261 §21.5.1", "GHSA-c623-f998-8hhv"},
		Needs:       conformance.Needs{Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("fuzz.panic", conformance.Silence),
		Run:         conformance.Talking(felling),
	}, {
		ID:          "ROB-017",
		Title:       "Requests made up by a grammar, and spoilt ones",
		Requirement: "Whatever a message is, OPTIONS, an INVITE, CANCEL, ACK or BYE of nothing, a request within a call or a response: with fields of legal and illegal kinds it is answered, if it is owed that, and its connection stays; with bytes changed it is answered, passed over or ends its connection; and the node lives.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §25.1", "RFC 4475 §1"},
		Needs:       conformance.Needs{Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("fuzz.panic", conformance.Silence),
		Run:         func(ctx context.Context, s *conformance.Stand) error { return Fuzz(ctx, s, 1, 60) },
	}, {
		ID:          "ROB-021",
		Title:       "Bodies that grow when they are read",
		Requirement: "Multipart bodies nested a hundred deep or of two thousand parts, and XML whose entities double, are refused; the call that they came in goes on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 2046 §5.1", "RFC 3470 §7.2", "RFC 3261 §21.4.13"},
		Needs:       conformance.Needs{Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("xml.bomb", conformance.Accepted),
		Run:         conformance.Talking(bombs),
	}}
}

// lines are header fields that parsers have stumbled over.
var lines = []string{
	"Contact: *", "Contact: <>", "Contact: ,", "Contact: <sip:", "Contact: <sip:@>;q=;expires", "Contact: sip:a@b,,,",
	"Subject: %s%s%s%n%n", "User-Agent: %s%s%d%x", "X-%s%s: %n", "Require: ,", "Require: ;;", "Supported: ,,",
	"Route: <>", "Route: <sip:;lr>", "Record-Route: ,", "Record-Route: <sip:[>;lr", "Session-Expires: ;refresher", "Session-Expires: -1",
	"Session-Expires: 99999999999999999999;refresher=both", "Min-SE: x", "Replaces: ;", "Replaces: a;to-tag=;from-tag=", "Expires: 99999999999999999999",
	"Max-Breadth: -1", "Date: %", "Timestamp: 1.1.1", "Retry-After: (", "Accept: /", "Accept: */;q", "Content-Disposition: ;;;",
	"Content-Encoding: ,", "P-Asserted-Identity: <", "P-Asserted-Identity: <sip:%>", "Privacy: ;;;", "Authorization: Digest", "Proxy-Authorization: ,=,=",
	"RAck: 1", "RSeq: 4294967296", "Reason: ;cause=", "History-Info: <sip:?>", "Identity: \"", "Via: SIP/2.0/TLS", "Via: ,", "Via: SIP/2.0/TLS [::;branch",
}

// bodies of a kind that is read.
var bodies = []struct{ kind, text string }{
	{"application/sdp", ""}, {"application/sdp", "v=0"}, {"application/sdp", "v=0\r\nm=\r\n"},
	{"application/sdp", "v=0\r\no=- 1 1 IN IP4\r\ns=-\r\nt=0 0\r\nm=audio 99999 RTP/SAVP 0\r\n"},
	{"application/sdp", "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 x\r\nt=0 0\r\nm=audio 9/0 RTP/SAVP -1\r\na=crypto:\r\na=rtpmap:\r\na=fmtp:\r\n"},
	{"application/sdp", "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:|\r\na=candidate:\r\na=rtcp:\r\n"},
	{"application/sdp", strings.Repeat("a=", 9999)}, {"application/sdp", "%s%s%n"},
	{"multipart/mixed", "--x"}, {"multipart/mixed;boundary=", "--"}, {"multipart/mixed;boundary=x", "--x\r\n\r\n--x"}, {"multipart/alternative;boundary=x", "--x--"},
	{";", "x"}, {"application/sdp;;;", "v=0\r\n"}, {"/", ""},
}

func felling(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	var steps []conformance.Step
	for i, line := range lines {
		method := []string{"INVITE", "OPTIONS"}[i%2]
		steps = append(steps, conformance.Step{
			What: method + " with " + line, Verdict: dealtWith,
			Make: func(s *conformance.Stand) []byte {
				return s.Request(method, s.URI(), s.Target.Partner, s.CallID()).Line(line).Length().Bytes()
			},
		})
	}
	for _, body := range bodies {
		steps = append(steps, conformance.Step{
			What: fmt.Sprintf("INVITE with %.20q as %s", body.text, body.kind), Verdict: dealtWith,
			Make: func(s *conformance.Stand) []byte {
				return s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Length().Body(body.kind, []byte(body.text)).Bytes()
			},
		})
	}
	if err := conformance.Steps(steps...)(ctx, s); err != nil {
		return err
	}
	if err := conformance.Connected(hurried)(ctx, s); err != nil {
		return err
	}
	answer, err := call.Request(ctx, "OPTIONS")
	if err != nil {
		return about(err, "the call of another connection goes on")
	}
	return conformance.Gets(answer, 200)
}

// hurried sends more in one call at once than it is likely to have room for. What
// it says to each is its own business.
func hurried(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	defer call.Hangup(ctx)
	const many = 40
	var all []byte
	for range many {
		all = append(all, call.Build("INFO").Length().Bytes()...)
	}
	if err := p.Send(all, fmt.Sprintf("INFO in one call, %d times", many)); err != nil {
		return err
	}
	for n := range many {
		if _, err := p.Await(ctx, "an answer to each INFO", raw.And(raw.Final(), raw.InCall(call.Invite.CallID()))); err != nil {
			return about(err, "each of %d INFOs answered; %d were", many, n)
		}
	}
	return nil
}

// dealtWith demands an answer, whichever, or the end of the connection.
func dealtWith(r *conformance.Reaction) error {
	if r.Answer == nil && r.Closed {
		return nil
	}
	return r.AnsweredAtAll()
}

// nested is a description within so many multipart bodies.
func nested(depth int, sdp []byte) (kind string, body []byte) {
	kind, body = "application/sdp", sdp
	for n := range depth {
		boundary := fmt.Sprintf("b%d", n)
		body = fmt.Appendf(nil, "--%s\r\nContent-Type: %s\r\n\r\n%s\r\n--%s--\r\n", boundary, kind, body, boundary)
		kind = "multipart/mixed;boundary=" + boundary
	}
	return kind, body
}

// laughs is XML that would be a million times as long when read (RFC 3470 §7.2).
func laughs() []byte {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\r\n<!DOCTYPE media_control [\r\n<!ENTITY e0 \"ha\">\r\n")
	for n := 1; n <= 20; n++ {
		fmt.Fprintf(&b, "<!ENTITY e%d \"&e%d;&e%d;\">\r\n", n, n-1, n-1)
	}
	b.WriteString("]>\r\n<media_control>&e20;</media_control>\r\n")
	return []byte(b.String())
}

func bombs(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	part := "--x\r\nContent-Type: text/plain\r\n\r\n.\r\n"
	parts := strings.Repeat(part, 1000) + "--x\r\nContent-Type: application/sdp\r\n\r\n" + string(s.Offer()) + "\r\n--x--\r\n"
	invite := func(what, kind string, body []byte) conformance.Step {
		return conformance.Step{
			What: what, Verdict: refusedWith(400, 413, 415, 488, 500, 513, 606),
			Make: func(s *conformance.Stand) []byte {
				return s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Length().Body(kind, body).Bytes()
			},
		}
	}
	deep, body := nested(100, s.Offer())
	steps := conformance.Steps(
		invite("INVITE with a description a hundred parts deep", deep, body),
		invite("INVITE with a description behind 1,000 parts", "multipart/mixed;boundary=x", []byte(parts)),
	)
	if err := steps(ctx, s); err != nil {
		return err
	}
	answer, err := call.Ask(ctx, call.Build("INFO").Length().Body("application/media_control+xml", laughs()))
	if err == nil {
		err = conformance.Gets(answer, 400, 403, 405, 413, 415, 501)
	}
	if err != nil {
		return err
	}
	if answer, err = call.Request(ctx, "OPTIONS"); err != nil {
		return about(err, "the call to go on")
	}
	return conformance.Gets(answer, 200)
}
