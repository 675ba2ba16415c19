package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fedge/sip/raw"
)

// Step puts one message to the node on a connection of its own. Most cases about
// syntax are a few of these.
type Step struct {
	What    string // the message, for people
	Make    func(*Stand) []byte
	Silent  bool // no answer is owed
	Media   bool // takes the room: left out where the target has none that answers
	Verdict Verdict
}

// Verdict judges a reaction.
type Verdict func(*Reaction) error

// Steps is a case's Run that takes one step after the other.
func Steps(steps ...Step) func(context.Context, *Stand) error {
	return func(ctx context.Context, s *Stand) error {
		for _, one := range steps {
			if one.Media && !s.Target.Claims.Media {
				continue
			}
			if err := one.run(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
}

func (step Step) run(ctx context.Context, s *Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return Preamble(err)
	}
	r, err := s.Put(ctx, p, step.What, step.Make(s), !step.Silent)
	if err != nil {
		return err
	}
	return s.Weighed(step.Verdict(&r))
}

// PlainCall is a call that the room has to take. It ends cases about what must
// be refused: without it, who refuses everything would pass.
func PlainCall() Step {
	return Step{
		What: "a plain INVITE", Media: true, Verdict: (*Reaction).Taken,
		Make: func(s *Stand) []byte { return s.Invite(s.Target.Partner, s.Offer()).Bytes() },
	}
}

// Owes demands one of the final status codes.
func Owes(codes ...int) Verdict {
	return func(r *Reaction) error { return r.Status(codes...) }
}

// All demands what every verdict does.
func All(verdicts ...Verdict) Verdict {
	return func(r *Reaction) error {
		for _, one := range verdicts {
			if err := one(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// Or lets one status code pass and puts the others to the verdict.
func Or(code int, verdict Verdict) Verdict {
	return func(r *Reaction) error {
		if r.Answer != nil && r.Answer.Status() == code {
			return nil
		}
		return verdict(r)
	}
}

// Echoes demands that the fields of these names come back: From and To equal (RFC
// 3261 §8.2.6.2, §20.20), CSeq with its number and method, others byte for byte.
func Echoes(names ...string) Verdict {
	return func(r *Reaction) error {
		request, err := raw.Parse(r.Sent)
		if err != nil {
			return fmt.Errorf("conformance: our own request does not parse: %w", err)
		}
		for _, name := range names {
			want, got := request.Lines(name), r.Answer.Lines(name)
			if len(want) != len(got) {
				return &Mismatch{Class: Content, Expected: fmt.Sprintf("%d × %s", len(want), name), Actual: fmt.Sprint(len(got))}
			}
			for i := range want {
				if err := echoed(name, value(want[i]), value(got[i])); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// echoed compares one field of a response with the request's.
func echoed(name, want, got string) error {
	if name == "From" || name == "To" {
		return HoldsAddress(name, want, got)
	}
	if EqualField(name, want, got) {
		return nil
	}
	return Holds(name, want, got)
}

// KeepsVias demands all Vias, equal and in their order (RFC 3261 §8.2.6.2); behind
// the topmost may stand where it came from (§18.2.1, RFC 3581 §4).
func KeepsVias(r *Reaction) error {
	request, err := raw.Parse(r.Sent)
	if err != nil {
		return fmt.Errorf("conformance: our own request does not parse: %w", err)
	}
	want, got := request.List("Via"), r.Answer.List("Via")
	top := func(a, b string) bool { v, w, ok := vias(a, b); return ok && sameHop(v, w) }
	if len(got) != len(want) || !slices.EqualFunc(got[1:], want[1:], EqualVia) || !top(got[0], want[0]) {
		return &Mismatch{Class: Content, Expected: "Via: " + strings.Join(want, ", "), Actual: "Via: " + strings.Join(got, ", ")}
	}
	return nil
}
