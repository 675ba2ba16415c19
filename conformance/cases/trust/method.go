package trust

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

func methodCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-015",
		Title:       "REGISTER from a partner",
		Requirement: "A partner cannot register: REGISTER is refused with 405 or 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §10.3", "RFC 3261 §21.4.6"},
		Needs:       conformance.Needs{ClientCertificate: true, Media: true},
		Mutants:     []conformance.Mutant{{Name: "sec.register", Class: conformance.Accepted}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			return refused(ctx, s, "REGISTER", func(b *raw.Builder) { b.Header("Expires", "3600") }, 405, 403)
		},
	}, {
		ID:          "TRU-016",
		Title:       "SUBSCRIBE and PUBLISH",
		Requirement: "A partner cannot publish state, nor subscribe to an event that the node does not have: 405, 403 or 489.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 6665 §4.2.1", "RFC 6665 §8.3.2", "RFC 3903 §6"},
		Needs:       conformance.Needs{ClientCertificate: true, Media: true},
		Mutants:     []conformance.Mutant{{Name: "sec.publish", Class: conformance.Accepted}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			for _, method := range []string{"PUBLISH", "SUBSCRIBE"} {
				edit := func(b *raw.Builder) { b.Header("Event", "fedge-no-such-event").Header("Expires", "3600") }
				if err := refused(ctx, s, method, edit, 405, 403, 489); err != nil {
					return err
				}
			}
			return nil
		},
	}}
}

// refused wants a request outside any call refused; a 405 says what is allowed
// instead (RFC 3261 §21.4.6).
func refused(ctx context.Context, s *conformance.Stand, method string, edit func(*raw.Builder), codes ...int) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	// Who refuses everything a partner says refuses this for another reason.
	if err := speaks(ctx, s, p, s.Target.Partner, nil, 200); err != nil {
		return conformance.Preamble(err)
	}
	b := s.Request(method, s.URI(), s.Target.Partner, s.CallID())
	edit(b)
	answer, err := p.Ask(ctx, b.Length().Bytes())
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, codes...); err != nil {
		return err
	}
	if answer.Status() == 405 && answer.Get("Allow") == "" {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Allow in a 405", Actual: "none"}
	}
	return nil
}
