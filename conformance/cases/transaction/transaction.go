// Package transaction holds the cases about transactions (RFC 3261 §9, §17,
// RFC 3262, RFC 6026).
package transaction

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area.
func Cases() []conformance.Case {
	return slices.Concat(serverCases(), slowCases(), cancelCases(), repeatCases(), clientCases(), giveUpCases(), forkCases(), reliableCases(), timerCases(), strayCases())
}
