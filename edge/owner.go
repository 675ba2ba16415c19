package edge

import (
	"cmp"

	"golang.org/x/net/publicsuffix"

	"fedge/sip/link"
)

// owner is whose a peer is: the registered domain of the first name that it
// proved. Whoever has one has any number of hosts and certificates in it. All
// who proved nothing have one owner.
func owner(peer link.Identity) string {
	names := peer.Names()
	if peer.Err != nil || len(names) == 0 {
		return "nobody"
	}
	registered, err := publicsuffix.EffectiveTLDPlusOne(names[0])
	if err != nil { // the name is itself a suffix, or no name
		registered = ""
	}
	return cmp.Or(registered, names[0])
}
