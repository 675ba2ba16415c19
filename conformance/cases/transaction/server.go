package transaction

import (
	"context"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// serverCases are about the node's server transactions.
func serverCases() []conformance.Case {
	return []conformance.Case{{
		ID:    "TXN-002",
		Title: "No provisional answers to other requests than INVITE",
		Requirement: "A request other than INVITE gets no provisional response but 100; " +
			"on a stream 100 may come at any time, which the catalogue denies.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 4320 §4.1"},
		Mutants:  []conformance.Mutant{{Name: "tx.early-1xx", Class: conformance.Status}},
		Run:      on(noProvisional),
	}, {
		ID:          "TXN-003",
		Title:       "No 408 to other requests than INVITE",
		Requirement: "A request other than INVITE that the node cannot serve is refused, or left unanswered, but never with 408.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4320 §4.2"},
		Mutants:     []conformance.Mutant{{Name: "tx.408", Class: conformance.Status}},
		Run:         on(no408),
	}, {
		ID:          "TXN-004",
		Title:       "A copy of a request is absorbed",
		Requirement: "A request that comes twice with one branch is served once: the copy gets the same answer or none.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.2.2", "RFC 3261 §17.2.3", "RFC 3261 §8.2.7"},
		Mutants:     []conformance.Mutant{{Name: "tx.no-absorb", Class: conformance.Content}},
		Run:         on(copyAbsorbed),
	}, {
		ID:          "TXN-005",
		Title:       "A copy of an answered INVITE is absorbed",
		Requirement: "A copy of an INVITE that was refused, or answered and acknowledged, makes no second call.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 6026 §7.1"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "tx.reprocess", Class: conformance.Content}},
		Run:         on(inviteAbsorbed),
	}, {
		ID:          "TXN-006",
		Title:       "One branch of two hosts",
		Requirement: "Two requests whose branches are the same but whose sent-by differs are two transactions, and both are answered.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.2.3"},
		Mutants:     []conformance.Mutant{{Name: "tx.key-branch", Class: conformance.Silence}},
		Run:         on(twoHosts),
	}, {
		ID:          "TXN-007",
		Title:       "Merged request",
		Requirement: "An INVITE that comes a second time by another way, with another branch, is refused with 482 while the first is under way.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §8.2.2.2"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "tx.no-482", Class: conformance.Status}},
		Run:         on(merged),
	}, {
		ID:          "TXN-008",
		Title:       "The ACK of a refusal ends there",
		Requirement: "The ACK for a final response of 300 or more is taken by the transaction and causes nothing, above all no answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 3261 §17.1.1.3"},
		Mutants:     []conformance.Mutant{{Name: "tx.ack-leak", Class: conformance.Accepted}},
		Run:         on(ackTaken),
	}}
}

// answers reads what comes in answer to a request up to its final response.
func answers(ctx context.Context, p *conformance.Peer, request *raw.Message) (early []*raw.Message, final *raw.Message, err error) {
	if err := p.Send(request.Bytes, request.Label()); err != nil {
		return nil, nil, err
	}
	for {
		m, err := p.Await(ctx, "a final response to "+request.Label(), raw.AnswerTo(request))
		if err != nil {
			return early, nil, err
		}
		if m.Status() >= 200 {
			return early, m, nil
		}
		early = append(early, m)
	}
}

func noProvisional(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, method := range []string{"OPTIONS", "INFO", "MESSAGE"} {
		request, err := s.Request(method, s.URI(), s.Target.Partner, s.CallID()).Length().Message()
		if err != nil {
			return err
		}
		early, _, err := answers(ctx, p, request)
		for _, m := range early {
			if m.Status() != 100 {
				return conformance.Fault(conformance.Status, "nothing provisional but 100 to "+method, m.StartLine)
			}
		}
		if err != nil && (method == "OPTIONS" || !silence(err)) {
			return err
		}
	}
	return nil
}

func no408(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, uri := range []string{s.URI(), nobody(s)} {
		for _, method := range []string{"MESSAGE", "SUBSCRIBE", "REFER"} {
			request, err := s.Request(method, uri, s.Target.Partner, s.CallID()).
				Header("Event", "presence").Header("Refer-To", "<"+nobody(s)+">").Length().Message()
			if err != nil {
				return err
			}
			_, final, err := answers(ctx, p, request)
			if silence(err) {
				s.Note("%s to %s was left unanswered", method, uri)
				continue
			}
			if err != nil {
				return err
			}
			if final.Status() == 408 {
				return conformance.Fault(conformance.Status, "anything but 408 to "+method, final.StartLine)
			}
		}
	}
	return nil
}

func copyAbsorbed(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, method := range []string{"OPTIONS", "MESSAGE"} {
		request, err := s.Request(method, s.NodeURI(), s.Target.Partner, s.CallID()).Length().Message()
		if err != nil {
			return err
		}
		first, err := p.Ask(ctx, request.Bytes)
		if err != nil {
			return err
		}
		if err := repeated(ctx, s, p, request, first); err != nil {
			return err
		}
	}
	return nil
}

// repeated sends a request again. What comes, if anything, must be the same.
func repeated(ctx context.Context, s *conformance.Stand, p *conformance.Peer, request, first *raw.Message) error {
	if err := p.Send(request.Bytes, request.Label()+" again"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, while(s))
	defer cancel()
	second, err := p.Await(ctx, "the same answer again, or none", raw.And(raw.Final(), raw.AnswerTo(request)))
	if silence(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return sameAnswer(first, second)
}

func inviteAbsorbed(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	refused, err := rejected(ctx, s, p)
	if err != nil {
		return err
	}
	// Before its ACK: on a stream the transaction may end with that (§17.2.1, Timer I).
	if err := repeated(ctx, s, p, refused.Invite, refused.Answer); err != nil {
		return err
	}
	if err := refused.Ack(); err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := repeated(ctx, s, p, call.Invite, call.Answer); err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}

func twoHosts(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	one, err := parsed(s.Options(s.Target.Partner))
	if err != nil {
		return err
	}
	elsewhere := s.Target.Partner
	elsewhere.Host = "other-" + elsewhere.Host
	two, err := parsed(s.Options(elsewhere))
	if err != nil {
		return err
	}
	before, _ := two.Param("Via", "branch")
	branch, _ := one.Param("Via", "branch")
	two, err = parsed([]byte(strings.Replace(string(two.Bytes), before, branch, 1)))
	if err != nil {
		return err
	}
	if _, err := p.Ask(ctx, one.Bytes); err != nil {
		return err
	}
	_, err = p.Ask(ctx, two.Bytes)
	return err
}

func merged(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	first, err := parsed(s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	second, err := parsed(other(s, first))
	if err != nil {
		return err
	}
	if err := p.SendEach("an INVITE by two ways in one record", slices.Concat(first.Bytes, second.Bytes)); err != nil {
		return err
	}
	finals := map[*raw.Message]*raw.Message{}
	for len(finals) < 2 {
		answer, err := p.Await(ctx, "final responses to both", raw.And(raw.Final(), raw.Or(raw.AnswerTo(first), raw.AnswerTo(second))))
		if err != nil {
			return err
		}
		invite := first
		if raw.AnswerTo(second)(answer) {
			invite = second
		}
		if finals[invite] != nil { // a copy of a 2xx
			continue
		}
		finals[invite] = answer
		call := conformance.Answered(s, p, invite, answer)
		if err := call.Ack(); err != nil {
			return err
		}
		if answer.Status() < 300 {
			defer call.Hangup(ctx)
		}
	}
	if err := wantStatus(finals[second], "the INVITE that came another way", 482); err != nil {
		return err
	}
	if finals[first].Status() >= 300 {
		return conformance.Fault(conformance.Status, "200 to the INVITE that came first", finals[first].StartLine)
	}
	return mergedElsewhere(ctx, s, p)
}

// mergedElsewhere is the same with another connection as the other way.
func mergedElsewhere(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := ring(ctx, s, p)
	if err != nil {
		return err
	}
	also, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	again, err := parsed(other(s, call.Invite))
	if err != nil {
		return err
	}
	answer, err := also.Ask(ctx, again.Bytes) // the first has no ACK yet: it is under way (RFC 6026 §7.1)
	if err != nil {
		return err
	}
	if err := conformance.Answered(s, also, again, answer).Ack(); err != nil {
		return err
	}
	if err := call.Ack(); err != nil {
		return err
	}
	call.Hangup(ctx)
	return wantStatus(answer, "the INVITE that came over another connection", 482)
}

func ackTaken(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	refused, err := rejected(ctx, s, p)
	if err != nil {
		return err
	}
	if err := refused.Ack(); err != nil {
		return err
	}
	return never(ctx, p, while(s), "silence after the ACK", raw.InCall(refused.Invite.CallID()))
}
