package torture

import (
	"context"

	"fedge/conformance"
)

// trial is one message of the RFC and what is owed to it.
type trial struct {
	name        string // of the message; the case is TOR-name
	section     string // of RFC 4475
	title       string
	requirement string
	severity    conformance.Severity
	refs        []string // beside the section
	needs       conformance.Needs
	mutants     []conformance.Mutant
	steps       []step
	call        []conformance.Edit                                    // what makes the message one that the room takes; none: a plain INVITE does
	instead     func(ctx context.Context, s *conformance.Stand) error // of steps, where one message is not enough
	held        bool                                                  // as it is, it leaves a node waiting for more
}

// step sends the message, aimed and edited, on a connection of its own.
type step struct {
	edits   []conformance.Edit
	verdict conformance.Verdict
	silent  bool // no answer is owed
	media   bool // it is for the room
}

// by names the mutants that a case catches, all in the same way.
func by(class conformance.Class, names ...string) []conformance.Mutant {
	var all []conformance.Mutant
	for _, name := range names {
		all = append(all, conformance.Mutant{Name: name, Class: class})
	}
	return all
}

func (t trial) build() conformance.Case {
	return conformance.Case{
		ID: "TOR-" + t.name, Title: t.title, Requirement: t.requirement, Severity: t.severity,
		Refs: append([]string{"RFC 4475 §" + t.section}, t.refs...), Needs: t.needs, Mutants: t.mutants, Run: t.run,
	}
}

func (t trial) run(ctx context.Context, s *conformance.Stand) error {
	message, err := fixture(t.name)
	if err != nil {
		return err
	}
	if !t.held {
		if err := conformance.Steps(t.verbatim(message))(ctx, s); err != nil {
			return err
		}
	}
	if t.instead != nil {
		if err := t.instead(ctx, s); err != nil {
			return err
		}
	}
	var steps []conformance.Step
	for _, one := range t.steps {
		steps = append(steps, t.aimed(message, one))
	}
	return conformance.Steps(append(steps, t.taken(message))...)(ctx, s)
}

// taken ends every case: the message with its error mended, or with all that is
// unusual about it, is a call that the room takes.
func (t trial) taken(message []byte) conformance.Step {
	if t.call == nil {
		return conformance.PlainCall()
	}
	call := t.aimed(message, step{edits: append(t.call, conformance.AtRoom, conformance.Offering), verdict: (*conformance.Reaction).Taken})
	call.What, call.Media = t.name+" as a call", true
	return call
}

// verbatim sends the RFC's bytes as they are. They are for example.com, so
// nothing may come of them but a refusal; whether the node is alive the control
// shows.
func (t trial) verbatim(message []byte) conformance.Step {
	return conformance.Step{
		What: t.name + ", as it is", Silent: true, Verdict: (*conformance.Reaction).Harmless,
		Make: func(*conformance.Stand) []byte { return message },
	}
}

// aimed is one step with the message aimed and edited.
func (t trial) aimed(message []byte, one step) conformance.Step {
	return conformance.Step{
		What: t.name, Silent: one.silent, Media: one.media, Verdict: one.verdict,
		Make: func(s *conformance.Stand) []byte {
			m := conformance.Aim(s, message)
			for _, change := range one.edits {
				m = change(s, m)
			}
			return m
		},
	}
}

// owing are the steps of a message that is owed a status.
func owing(codes ...int) []step { return []step{{verdict: conformance.Owes(codes...)}} }

// closing is owing where the node may close instead.
func closing(codes ...int) []step {
	return []step{{verdict: func(r *conformance.Reaction) error { return r.Refused(codes...) }}}
}

// read are the steps of a message that is only to be understood, as it is and
// as other methods.
func read(methods ...string) []step {
	steps := []step{{verdict: (*conformance.Reaction).Understood}}
	for _, method := range methods {
		steps = append(steps, step{edits: []conformance.Edit{conformance.As(method)}, verdict: (*conformance.Reaction).Understood})
	}
	return steps
}

// asCall makes any of the messages an INVITE, and what more makes of it.
func asCall(more ...conformance.Edit) []conformance.Edit {
	return append([]conformance.Edit{conformance.As("INVITE")}, more...)
}

// let are the steps of a response that nobody waits for.
func let() []step { return []step{{verdict: (*conformance.Reaction).Ignored, silent: true}} }
