// Package cases is the whole suite: the areas' cases together.
package cases

import (
	"slices"

	"fedge/conformance"
	"fedge/conformance/cases/connection"
	"fedge/conformance/cases/dialog"
	"fedge/conformance/cases/identity"
	"fedge/conformance/cases/ipv6"
	"fedge/conformance/cases/routing"
	"fedge/conformance/cases/sdp"
	"fedge/conformance/cases/srtp"
	"fedge/conformance/cases/tls"
	"fedge/conformance/cases/torture"
	"fedge/conformance/cases/transaction"
	"fedge/conformance/cases/trust"
)

// All lists every case, area by area.
func All() []conformance.Case {
	return slices.Concat(
		tls.Cases(),
		connection.Cases(),
		torture.Cases(),
		transaction.Cases(),
		dialog.Cases(),
		routing.Cases(),
		identity.Cases(),
		trust.Cases(),
		sdp.Cases(),
		srtp.Cases(),
		ipv6.Cases(),
	)
}
