package raw

import (
	"bytes"
	"slices"
	"strings"
)

// Change is one difference between two messages, for evidence.
type Change struct {
	Field  string // a field name, "start line" or "body"
	Before string // "" when it was added
	After  string // "" when it was taken away
}

// Diff compares two messages field by field: fields of one name are compared
// in order, the order among different names does not count.
func Diff(before, after *Message) []Change {
	var changes []Change
	add := func(field, b, a string) {
		if b != a {
			changes = append(changes, Change{Field: field, Before: b, After: a})
		}
	}
	add("start line", before.StartLine, after.StartLine)
	for _, name := range fieldNames(before, after) {
		b, a := before.All(name), after.All(name)
		for i := range max(len(b), len(a)) {
			add(name, at(b, i), at(a, i))
		}
	}
	if !bytes.Equal(before.Body, after.Body) {
		add("body", string(before.Body), string(after.Body))
	}
	return changes
}

func at(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}

// fieldNames are the long names in both, in order of appearance.
func fieldNames(messages ...*Message) []string {
	var names []string
	for _, m := range messages {
		for _, h := range m.Headers {
			name := h.Name
			if len(name) == 1 && longName(name[0]) != "" {
				name = longName(name[0])
			}
			if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
				names = append(names, name)
			}
		}
	}
	return names
}
