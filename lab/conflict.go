package lab

import (
	"fmt"
	"slices"
	"strings"
)

// wishes are what faults want things to be of which a world has one: a name, a
// date, a port. A fault sets such a thing by set, or says by wants how it must
// be for the fault to be there at all. What faults only add or take away needs
// no wish: it adds up.
type wishes struct {
	by        string // the fault that is being applied
	of        map[string][]wish
	conflicts []Conflict
}

// wish is what a fault wants a thing to be.
type wish struct{ fault, value string }

// set gives a thing its value, for the fault that is being applied.
func set[T comparable](b *blueprint, thing string, at *T, value T) {
	b.wants(thing, fmt.Sprint(value))
	*at = value
}

// wants notes how the fault that is being applied wants a thing to be, and
// which faults want it otherwise.
func (w *wishes) wants(thing, value string) {
	for _, other := range w.of[thing] {
		if other.value != value && other.fault != w.by {
			w.conflicts = append(w.conflicts, Conflict{thing, [2]string{other.fault, w.by}, [2]string{other.value, value}})
		}
	}
	if w.of == nil {
		w.of = map[string][]wish{}
	}
	w.of[thing] = append(w.of[thing], wish{w.by, value})
}

// Conflict is two faults that contradict each other: what they want one thing
// to be.
type Conflict struct {
	Thing          string
	Faults, Values [2]string
}

func (c Conflict) String() string {
	return fmt.Sprintf("%s and %s contradict each other on %s (%s, or %s)", c.Faults[0], c.Faults[1], c.Thing, c.Values[0], c.Values[1])
}

// ConflictingFaults is a mistake of the one who asked: no world has all of these
// faults.
type ConflictingFaults struct{ Conflicts []Conflict }

func (e *ConflictingFaults) Error() string {
	var said []string
	var pairs [][2]string
	for _, c := range e.Conflicts {
		if !slices.Contains(pairs, c.Faults) { // one reason is enough
			pairs, said = append(pairs, c.Faults), append(said, c.String())
		}
	}
	return "lab: " + strings.Join(said, "; ") + "; take one of each two, and the other in a world of its own"
}
