// Package cases is the whole suite: the areas' cases together.
package cases

import (
	"slices"

	"fedge/conformance"
	"fedge/conformance/cases/connection"
	"fedge/conformance/cases/dialog"
	"fedge/conformance/cases/discovery"
	"fedge/conformance/cases/identity"
	"fedge/conformance/cases/ipv6"
	"fedge/conformance/cases/overload"
	"fedge/conformance/cases/robustness"
	"fedge/conformance/cases/routing"
	"fedge/conformance/cases/sdp"
	"fedge/conformance/cases/security"
	"fedge/conformance/cases/srtp"
	"fedge/conformance/cases/syntax"
	"fedge/conformance/cases/timer"
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
		timer.Cases(),
		sdp.Cases(),
		security.Cases(),
		srtp.Cases(),
		ipv6.Cases(),
		syntax.Cases(),
		discovery.Cases(),
		overload.Cases(),
		robustness.Cases(),
	)
}

// Smoke lists the IDs of a few cases, one for each thing that is wrong first.
func Smoke() []string {
	return []string{
		"DLG-001", "TLS-001", "TLS-006", "TLS-010", "TLS-011", "CON-001", "CON-002", "CON-017",
		"TOR-wsinv", "TOR-insuf", "TOR-zeromf", "TRU-001", "TXN-009", "SDP-001", "SRT-001",
	}
}
