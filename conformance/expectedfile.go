package conformance

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"fedge/spelling"
)

// expectedFile is a known failure as a target's file has it.
type expectedFile struct {
	ID     string `yaml:"id"`
	Reason string `yaml:"reason"`
	Class  string `yaml:"class"`
	Until  string `yaml:"until"`
}

// expectations reads the known failures. One of a case that there is not would
// excuse nothing, and its writer would not know: it is an error, with its line.
func (f targetFile) expectations(text []byte, known []string) (out []Expectation, err error) {
	var problems []error
	for i, e := range f.Expected {
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("  line %d: expected[%d]"+format, append([]any{line(text, i), i}, args...)...))
		}
		one := Expectation{ID: e.ID, Reason: e.Reason, Class: Class(e.Class)}
		if e.ID == "" || e.Reason == "" {
			wrong(" needs an id and a reason")
		}
		if e.ID != "" && !slices.Contains(known, e.ID) {
			wrong(".id: no case %q%s; conform --list shows all cases", e.ID, spelling.Meant(e.ID, known))
		}
		if slices.ContainsFunc(out, func(before Expectation) bool { return e.ID != "" && before.ID == e.ID }) {
			wrong(".id: %s is here twice", e.ID)
		}
		if classes := []Class{Status, Silence, Closed, Content, Handshake, Accepted, Availability}; one.Class != "" && !slices.Contains(classes, one.Class) {
			wrong(".class: %q is none of %v", e.Class, classes)
		}
		if e.Until != "" {
			if one.Until, err = time.Parse(time.DateOnly, e.Until); err != nil {
				wrong(".until: %q is no day, such as 2027-01-31", e.Until)
			}
		}
		out = append(out, one)
	}
	return out, errors.Join(problems...)
}

// line is where an expectation begins; 0 if that cannot be told.
func line(text []byte, i int) int {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 0
	}
	path, err := yaml.PathString(fmt.Sprintf("$.expected[%d]", i))
	if err != nil {
		return 0
	}
	node, err := path.FilterFile(file)
	if err != nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}
