// Package torture puts the messages of RFC 4475 to a node: as they are, when
// nothing may come of them because they are for somebody else, and aimed at the
// node, when each is owed an answer.
package torture

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area, in the order of the RFC.
func Cases() []conformance.Case {
	var cases []conformance.Case
	for _, t := range slices.Concat(valid(), streams(), malformed(), ambiguous(), applied()) {
		cases = append(cases, t.build())
	}
	return cases
}
