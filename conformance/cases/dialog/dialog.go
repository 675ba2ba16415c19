// Package dialog holds the cases about dialogs (RFC 3261 §12 to §15).
package dialog

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(making(), following(), matching(), negotiating(), refreshing(), replacing())
}

// media: the target has an alias that answers with audio.
var media = conformance.Needs{Media: true}
