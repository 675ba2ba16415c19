package torture

import (
	"context"
	"strings"

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
	instead     func(ctx context.Context, s *conformance.Stand) error // of steps, where one message is not enough
	held        bool                                                  // as it is, it leaves a node waiting for more
}

// step sends the message, aimed and edited, on a connection of its own.
type step struct {
	edits   []edit
	verdict func(s *conformance.Stand, sent []byte, r *conformance.Reaction) error
	silent  bool // no answer is owed
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
		if err := t.verbatim(ctx, s, message); err != nil {
			return err
		}
	}
	if t.instead != nil {
		return t.instead(ctx, s)
	}
	for _, one := range t.steps {
		if err := t.try(ctx, s, aim(s, message), one); err != nil {
			return err
		}
	}
	return nil
}

// verbatim sends the RFC's bytes as they are. They are for example.com, so
// nothing may come of them but a refusal; whether the node is alive the control
// shows.
func (t trial) verbatim(ctx context.Context, s *conformance.Stand, message []byte) error {
	r, err := put(ctx, s, t.name+", as it is", message, false)
	if err != nil {
		return err
	}
	return r.Harmless()
}

func (t trial) try(ctx context.Context, s *conformance.Stand, message []byte, one step) error {
	for _, change := range one.edits {
		message = change(s, message)
	}
	what, _, _ := strings.Cut(string(message), " ")
	r, err := put(ctx, s, t.name+" ("+what+")", message, !one.silent)
	if err != nil {
		return err
	}
	return one.verdict(s, message, &r)
}

// put sends bytes on a connection of their own.
func put(ctx context.Context, s *conformance.Stand, what string, message []byte, answered bool) (conformance.Reaction, error) {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Reaction{}, conformance.Preamble(err)
	}
	return s.Put(ctx, p, what, message, answered)
}

// owing are the steps of a message that is owed a status.
func owing(codes ...int) []step { return []step{{verdict: status(codes...)}} }

// closing is owing where the node may close instead.
func closing(codes ...int) []step {
	return []step{{verdict: func(_ *conformance.Stand, _ []byte, r *conformance.Reaction) error { return r.Refused(codes...) }}}
}

// read are the steps of a message that is only to be understood, as it is and
// as other methods.
func read(methods ...string) []step {
	steps := []step{{verdict: understood}}
	for _, method := range methods {
		steps = append(steps, step{edits: []edit{as(method)}, verdict: understood})
	}
	return steps
}

// let are the steps of a response that nobody waits for.
func let() []step { return []step{{verdict: ignored, silent: true}} }

func status(codes ...int) func(*conformance.Stand, []byte, *conformance.Reaction) error {
	return func(_ *conformance.Stand, _ []byte, r *conformance.Reaction) error { return r.Status(codes...) }
}

func understood(_ *conformance.Stand, _ []byte, r *conformance.Reaction) error { return r.Understood() }
func ignored(_ *conformance.Stand, _ []byte, r *conformance.Reaction) error    { return r.Ignored() }
func notTaken(_ *conformance.Stand, _ []byte, r *conformance.Reaction) error   { return r.NotTaken() }
