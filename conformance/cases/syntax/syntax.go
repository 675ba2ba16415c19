// Package syntax holds the cases about the grammar of SIP beyond the torture
// tests: what spells the same message, and what spells none.
package syntax

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(spelling(), values(), lines(), fields(), methods(), answers(), corpus())
}

// by is the one mutant that a case catches.
func by(class conformance.Class, name string) []conformance.Mutant {
	return []conformance.Mutant{{Name: name, Class: class}}
}

var (
	understood = (*conformance.Reaction).Understood
	taken      = (*conformance.Reaction).Taken
	ignored    = (*conformance.Reaction).Ignored
)

// options is a partner's OPTIONS with something about it.
func options(what string, verdict conformance.Verdict, edits ...conformance.Edit) conformance.Step {
	return conformance.Step{What: "OPTIONS " + what, Verdict: verdict, Make: func(s *conformance.Stand) []byte {
		return edited(s, s.Options(s.Target.Partner), edits)
	}}
}

// invite is a partner's call to the room with something about it.
func invite(what string, verdict conformance.Verdict, edits ...conformance.Edit) conformance.Step {
	return conformance.Step{What: "INVITE " + what, Media: true, Verdict: verdict, Make: func(s *conformance.Stand) []byte {
		return edited(s, s.Invite(s.Target.Partner, s.Offer()).Bytes(), edits)
	}}
}

func edited(s *conformance.Stand, message []byte, edits []conformance.Edit) []byte {
	for _, change := range edits {
		message = change(s, message)
	}
	return message
}

// closing demands a refusal with 400, or the end of the connection.
func closing(r *conformance.Reaction) error { return r.Refused(400) }

// put is a field whatever it was.
func put(line string) func(string) string { return func(string) string { return line } }

// behind adds to a field's value.
func behind(name, more string) conformance.Edit {
	return conformance.Field(name, func(value string) string { return name + ": " + value + more })
}

// before puts a display name before an address.
func before(name, display string) conformance.Edit {
	return conformance.Field(name, func(value string) string { return name + ": " + display + value })
}

// nowhere is owed to a request with the tag of a dialog that does not exist.
const nowhere = 481
