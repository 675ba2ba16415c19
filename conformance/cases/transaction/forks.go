package transaction

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// forkCases are about responses that come more often, or from elsewhere, than
// they should.
func forkCases() []conformance.Case {
	inside := outward()
	inside.Inside = true
	return []conformance.Case{{
		ID:          "TXN-028",
		Title:       "A response over somebody else's connection",
		Requirement: "A 200 with the branch of the node's INVITE that another peer sends over its own connection is discarded.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.1.2", "RFC 3261 §26.1"},
		Needs:       outward(),
		Mutants:     []conformance.Mutant{{Name: "sec.resp-any", Class: conformance.Accepted}},
		Run:         called(foreignResponse),
	}, {
		ID:          "TXN-030",
		Title:       "Ten thousand provisional responses",
		Requirement: "However many provisional responses come, the node stays as it was, and takes the final one.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §13.2.2.1", "RFC 3261 §26.1.5"},
		Needs:       inside,
		Mutants:     []conformance.Mutant{{Name: "tx.1xx-flood", Class: conformance.Accepted}},
		Alone:       true, // what others do must not be counted
		Run:         called(flood),
	}, {
		ID:          "TXN-031",
		Title:       "An INVITE that forks",
		Requirement: "Of several ends that ring, the first that answers has the call; another that answers later is acknowledged and sent BYE, with a CSeq of its own.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §13.2.2.4", "RFC 3261 §12.1.2", "RFC 3261 §12.2.1.1"},
		Needs:       conformance.Needs{Called: true},
		Mutants:     []conformance.Mutant{{Name: "dlg.fork", Class: conformance.Silence}},
		Run:         called(forked),
	}}
}

func foreignResponse(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	stranger, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := ringing(in); err != nil {
		return err
	}
	forged := in.Answer()
	if err := stranger.Send(forged.Bytes, "a forged 200 INVITE"); err != nil {
		return err
	}
	if _, err := stranger.Ask(ctx, s.Options(s.Target.Partner)); err != nil { // it has been read
		return err
	}
	mine := raw.Or(in.Mine("ACK"), in.Mine("BYE"))
	if err := never(ctx, stranger, while(s)/2, "nothing in answer to a forged 200", mine); err != nil {
		return err
	}
	if err := never(ctx, in.Peer, while(s)/2, "nothing in answer to a forged 200", mine); err != nil {
		return err
	}
	busy, err := in.Response(486, "Busy Here", "anna").Length().Message()
	if err != nil {
		return err
	}
	if err := in.Tell(busy); err != nil {
		return err
	}
	ack, err := in.Await(ctx, "ACK of the true response", in.Mine("ACK"))
	if err != nil {
		return err
	}
	return ackWithin(in.Invite, busy, ack)
}

// How many provisional responses, and how far the node may grow meanwhile:
// other cases run beside this one.
const (
	deluge     = 10_000
	batch      = 500
	goroutines = 2_000
	heap       = 64 << 20
)

func flood(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	before, err := s.Inside(ctx)
	if err != nil {
		return err
	}
	for sent := 0; sent < deluge; sent += batch {
		var many bytes.Buffer
		for i := range batch {
			m := in.Response(183, "Session Progress", fmt.Sprintf("fork-%d", sent+i)).Length().Bytes()
			many.Write(m)
		}
		if err := in.SendEach(fmt.Sprintf("%d × 183 INVITE", batch), many.Bytes()); err != nil {
			return err
		}
		if _, err := in.Ask(ctx, s.Options(in.Partner.Identity)); err != nil { // they have been read
			return err
		}
	}
	after, err := s.Inside(ctx)
	if err != nil {
		return err
	}
	s.Note("goroutines %.0f, then %.0f; heap %.0f, then %.0f bytes", before["go_goroutines"], after["go_goroutines"],
		before["go_memstats_heap_alloc_bytes"], after["go_memstats_heap_alloc_bytes"])
	for name, most := range map[string]float64{"go_goroutines": goroutines, "go_memstats_heap_alloc_bytes": heap} {
		if grown := after[name] - before[name]; grown > most {
			return conformance.Fault(conformance.Accepted, fmt.Sprintf("%s to grow by less than %.0f", name, most), fmt.Sprintf("%.0f", grown))
		}
	}
	return terminated(ctx, in)
}

func forked(ctx context.Context, _ *conformance.Stand, in *conformance.Incoming) error {
	for _, tag := range []string{"desk", "phone"} {
		m, err := in.Response(183, "Session Progress", tag).Length().Message()
		if err != nil {
			return err
		}
		if err := in.Tell(m); err != nil {
			return err
		}
	}
	if err := in.Take(ctx); err != nil { // a third end: it never rang
		return err
	}
	answer := in.Answer()
	late, err := parsed([]byte(strings.ReplaceAll(string(answer.Bytes), answer.Tag("To"), "phone")))
	if err != nil {
		return err
	}
	if err := in.Tell(late); err != nil {
		return err
	}
	toPhone := func(m *raw.Message) bool { return m.Tag("To") == "phone" }
	if _, err := in.Await(ctx, "ACK of the other end's 200", raw.And(in.Mine("ACK"), toPhone)); err != nil {
		return err
	}
	bye, err := in.Await(ctx, "BYE to the other end", raw.And(in.Mine("BYE"), toPhone))
	if err != nil {
		return err
	}
	before, _ := in.Invite.CSeq()
	if number, _ := bye.CSeq(); number <= before {
		return conformance.Fault(conformance.Content, fmt.Sprintf("a CSeq above %d in the BYE to the other end", before), bye.Get("CSeq"))
	}
	if err := in.Send(raw.Respond(bye, 200, "OK", "").Length().Bytes(), "200 BYE"); err != nil {
		return err
	}
	answered, err := in.Ask(ctx, in.Request(2, "BYE").Length().Bytes())
	if err != nil {
		return err
	}
	return wantStatus(answered, "BYE of the end that has the call", 200)
}
