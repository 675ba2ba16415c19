package timer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// keepingCases are about sessions that go on, or do not.
func keepingCases() []conformance.Case {
	media := conformance.Needs{Media: true}
	return []conformance.Case{{
		ID:    "TMR-004",
		Title: "The node refreshes when it is on it",
		Requirement: "A node that has agreed to refresh sends UPDATE, or re-INVITE to a peer that takes no UPDATE, about half-way " +
			"through the interval and before it is over; the next one goes to the Contact of the 200 to the last.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 4028 §7.4", "RFC 4028 §10", "RFC 3261 §12.2.1.2"},
		Needs:    conformance.Needs{Media: true, SessionTimers: true},
		Mutants:  []conformance.Mutant{{Name: "st.no-refresh", Class: conformance.Silence}},
		Lasts:    2 * 90,
		Run:      on(refreshes),
	}, {
		ID:          "TMR-005",
		Title:       "A session that nobody refreshes is over",
		Requirement: "When the peer has to refresh and does not, the node sends BYE a little before the interval is over.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 4028 §10"},
		Needs:       conformance.Needs{Media: true, SessionTimers: true},
		Mutants:     []conformance.Mutant{{Name: "st.no-expire", Class: conformance.Silence}},
		Lasts:       90,
		Run:         on(expires),
	}, {
		ID:    "TMR-007",
		Title: "A refresh does not touch the media",
		Requirement: "A re-INVITE with the description that the node has already is answered with the one that it gave already, " +
			"and an UPDATE without one is answered without: nothing in media starts anew.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 4028 §7.4", "RFC 3264 §8"},
		Needs:    media,
		Mutants:  []conformance.Mutant{{Name: "st.restart-media", Class: conformance.Content}},
		Run:      on(untouched),
	}}
}

// short is the shortest interval there is, in seconds.
const short = 90

// kept makes a call that the node has to refresh.
func kept(ctx context.Context, s *conformance.Stand, p *conformance.Peer, allow string) (*conformance.Call, error) {
	call, err := s.Establish(ctx, p, invite(s, true, allow, fmt.Sprintf("Session-Expires: %d;refresher=uas", short)))
	if err != nil {
		return nil, conformance.Preamble(err)
	}
	if !knows(call.Answer, "timer") && call.Answer.Get("Session-Expires") == "" {
		return nil, conformance.Preamble(errors.New("the node does not know session timers"))
	}
	_, err = agreed(call.Answer, short, "uas")
	return call, err
}

func refreshes(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	began := time.Now()
	byUpdate, err := kept(ctx, s, p, methods)
	if err != nil {
		return err
	}
	byInvite, err := kept(ctx, s, p, noUpdate)
	if err != nil {
		return err
	}
	p = p.Within(short * s.Second())
	refresh := raw.Or(
		raw.And(raw.InCall(byUpdate.Invite.CallID()), raw.Or(raw.Request("UPDATE"), raw.Request("INVITE"), raw.Request("ACK"))),
		raw.And(raw.InCall(byInvite.Invite.CallID()), raw.Or(raw.Request("INVITE"), raw.Request("ACK"))),
	)
	seen, owed := map[string]int{}, 0
	for seen[byUpdate.Invite.CallID()] < 2 || seen[byInvite.Invite.CallID()] < 2 || owed > 0 {
		m, err := p.Await(ctx, "a refresh of each session, and ACK", refresh)
		if err != nil {
			return err
		}
		if m.Method() == "ACK" {
			owed--
			continue
		}
		if m.Method() == "INVITE" {
			owed++
		}
		took := time.Since(began)
		s.Note("%s after %.0f of %d s", m.Method(), float64(took)/float64(s.Second()), short)
		if took < short*s.Second()/4 {
			early := conformance.Timed(conformance.Fault(conformance.Accepted, fmt.Sprintf("a refresh half-way through %d s", short), fmt.Sprintf("%s after %s", m.Method(), took)))
			if err := s.Lesser(conformance.Should, early); err != nil { // RFC 4028 §10: RECOMMENDED
				return err
			}
		}
		if seen[m.CallID()] > 0 {
			if err := conformance.HoldsURI("Request-URI of the next "+m.Method(), moved(s), m.RequestURI()); err != nil {
				return err
			}
		}
		if err := answer(s, p, m); err != nil {
			return err
		}
		seen[m.CallID()]++
	}
	byUpdate.Hangup(ctx)
	byInvite.Hangup(ctx)
	return nil
}

// moved is where refreshes are answered from: not where the call came from.
func moved(s *conformance.Stand) string {
	return "sip:moved@" + s.Target.Partner.Host + ":5061;transport=tls"
}

// answer takes a refresh, which must say how long and by whom.
func answer(s *conformance.Stand, p *conformance.Peer, m *raw.Message) error {
	got, err := interval(m)
	if err != nil {
		return err
	}
	if !got.there || got.seconds < short || got.refresher != "uac" {
		return conformance.Fault(conformance.Content, fmt.Sprintf("Session-Expires: %d;refresher=uac in %s", short, m.Method()), m.Get("Session-Expires"))
	}
	b := raw.Respond(m, 200, "OK", "").
		Header("Contact", "<"+moved(s)+">").
		Header("Require", "timer").Header("Session-Expires", m.Get("Session-Expires")).Length()
	if len(m.Body) > 0 {
		b.Body("application/sdp", s.AnswerFor(m.Body))
	}
	return p.Send(b.Bytes(), "200 "+m.Method())
}

func expires(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	began := time.Now()
	call, err := s.Establish(ctx, p, invite(s, true, methods, fmt.Sprintf("Session-Expires: %d;refresher=uac", short)))
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := agreed(call.Answer, short, "uac"); err != nil {
		return conformance.Preamble(err)
	}
	bye, err := p.Within(short*s.Second()).Await(ctx, "BYE before the session has run out", raw.And(raw.Request("BYE"), raw.InCall(call.Invite.CallID())))
	if err != nil {
		return err
	}
	took := time.Since(began)
	s.Note("BYE after %.0f of %d s", float64(took)/float64(s.Second()), short)
	if err := p.Send(raw.Respond(bye, 200, "OK", "").Length().Bytes(), "200 BYE"); err != nil {
		return err
	}
	if took < short*s.Second()/2 {
		return conformance.Timed(conformance.Fault(conformance.Accepted, fmt.Sprintf("BYE not before half of %d s", short), fmt.Sprintf("after %s", took)))
	}
	return nil
}

func untouched(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, invite(s, true, methods, "Session-Expires: 1800;refresher=uac"))
	if err != nil {
		return conformance.Preamble(err)
	}
	defer call.Hangup(ctx)
	again, err := raw.Parse(call.Next("INVITE"))
	if err != nil {
		return err
	}
	refresh := strings.Replace(string(again.Bytes), "Content-Length: 0\r\n\r\n", "Contact: "+call.Invite.Get("Contact")+"\r\n"+
		"Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\nContent-Type: application/sdp\r\n"+
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(call.Invite.Body))+string(call.Invite.Body), 1)
	got, err := renewed(ctx, s, p, refresh)
	if err != nil {
		return err
	}
	if !bytes.Equal(got.Body, call.Answer.Body) {
		return conformance.Fault(conformance.Content, "the description that the node gave before", string(got.Body))
	}
	update, err := raw.Parse(call.Next("UPDATE"))
	if err != nil {
		return err
	}
	got, err = p.Ask(ctx, []byte(strings.Replace(string(update.Bytes), "Content-Length:",
		"Contact: "+call.Invite.Get("Contact")+"\r\nSupported: timer\r\nSession-Expires: 1800;refresher=uac\r\nContent-Length:", 1)))
	if err != nil {
		return err
	}
	switch {
	case got.Status() == 405 || got.Status() == 501:
		s.Note("the node takes no UPDATE")
		return nil
	case got.Status() != 200:
		return conformance.Fault(conformance.Status, "200 to UPDATE", got.StartLine)
	case len(got.Body) > 0:
		return conformance.Fault(conformance.Content, "a 200 to UPDATE without description", string(got.Body))
	}
	_, err = agreed(got, 1800, "uac")
	return err
}

// renewed asks for a refresh by re-INVITE, which must be taken, and
// acknowledges it.
func renewed(ctx context.Context, s *conformance.Stand, p *conformance.Peer, refresh string) (*raw.Message, error) {
	request, err := raw.Parse([]byte(refresh))
	if err != nil {
		return nil, err
	}
	got, err := p.Ask(ctx, request.Bytes)
	if err != nil {
		return nil, err
	}
	if err := conformance.Answered(s, p, request, got).Ack(); err != nil {
		return nil, err
	}
	if got.Status() != 200 {
		return nil, conformance.Fault(conformance.Status, "200 to the re-INVITE that refreshes", got.StartLine)
	}
	return got, nil
}
