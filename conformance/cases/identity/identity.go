// Package identity holds the cases about who the node says that it is, and
// whom it believes: From and what goes with it.
package identity

import (
	"slices"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case { return slices.Concat(naming(), spelling(), leaking(), echoing()) }

// outward is what a case needs in which the node calls a partner of its own.
func outward() conformance.Needs {
	return conformance.Needs{Media: true, Trigger: true, DNS: true, Authority: true}
}

// varied is outward, from another node that is set up as the case wants it.
func varied() conformance.Needs {
	n := outward()
	n.Variant = true
	return n
}

// inner is a domain that is not the deployment's, and no partner's either: no
// byte of it may reach one.
const inner = "inside.corp"
