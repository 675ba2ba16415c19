// Package dialog holds the cases about dialogs (RFC 3261 §12 to §15).
package dialog

import (
	"context"
	"slices"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(making(), following(), matching(), negotiating(), replacing())
}

// media: the target has an alias that answers with audio.
var media = conformance.Needs{Media: true}

// kills names the one defect that a case must catch.
func kills(name string, class conformance.Class) []conformance.Mutant {
	return []conformance.Mutant{{Name: name, Class: class}}
}

// connected runs a case on a connection of the partner's.
func connected(run func(context.Context, *conformance.Stand, *conformance.Peer) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		return run(ctx, s, p)
	}
}

// talking runs a case in a call that is up, and hangs up after it.
func talking(run func(context.Context, *conformance.Stand, *conformance.Call) error) func(context.Context, *conformance.Stand) error {
	return connected(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return conformance.Preamble(err)
		}
		if err := run(ctx, s, call); err != nil {
			return err
		}
		call.Hangup(ctx)
		return nil
	})
}
