// Package routing holds the cases about where requests may and may not go: own
// names and others', loops, parameters that must survive, and which media node
// takes a call.
package routing

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(relaying(), loops(), keeping(), pooling())
}

// media: the target has an alias that answers with audio.
var media = conformance.Needs{Media: true}
