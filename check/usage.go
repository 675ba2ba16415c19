package check

import (
	"fmt"
	"slices"

	"fedge/certs"
)

// Extended key usages as certs.Facts spells them.
const (
	serverAuth = "serverAuth"
	clientAuth = "clientAuth"
	anyUsage   = "anyExtendedKeyUsage"
)

// usableFor tells whether an extended key usage allows what is asked for. A
// certificate without any allows everything (RFC 5280 §4.2.1.12).
func usableFor(c certs.Facts, usage string) bool {
	return len(c.Usages) == 0 || slices.Contains(c.Usages, usage) || slices.Contains(c.Usages, anyUsage)
}

// unfit is what keeps a certificate from being used by a server, or by who
// calls, and how to mend it; "" if nothing does. A leaf says it for itself, in
// two extensions; an intermediate says it for all that it issued.
func unfit(leaf certs.Facts, t Trust, usage string) (bar, fix string) {
	above := t.NoServers
	if usage == clientAuth {
		above = t.NoClients
	}
	switch {
	case !usableFor(leaf, usage):
		return "extended key usage: " + list(leaf.Usages), "issue the certificate with extended key usage serverAuth, clientAuth"
	case !usableKey(leaf, usage):
		return "key usage: " + list(leaf.KeyUsages) + " (TLS wants digitalSignature)", wholeKeyUsage
	case above != "":
		return fmt.Sprintf("the authority may not issue for %s, whatever the certificate says: %s", usage, above),
			"have the certificate issued by an intermediate authority that allows serverAuth and clientAuth"
	}
	return "", ""
}

// unfitServer is unfit for a node that takes calls. What Edges are to find there is
// ECDHE (CRT-13), for which a server signs (RFC 8422 §2, RFC 5246 §7.4.2); to
// decrypt is what RSA key exchange wants.
func unfitServer(leaf certs.Facts, t Trust) (bar, fix string) {
	bar, fix = unfit(leaf, t, serverAuth)
	if bar == "" && len(leaf.KeyUsages) > 0 && !slices.Contains(leaf.KeyUsages, "digitalSignature") {
		return "key usage: " + list(leaf.KeyUsages) + " (ECDHE wants digitalSignature)", wholeKeyUsage
	}
	return bar, fix
}

const wholeKeyUsage = "issue the certificate with key usage digitalSignature, keyEncipherment and extended key usage serverAuth, clientAuth"

// usableKey tells whether the key usage, if there is one, lets the key do what
// TLS does with it: sign or, for RSA and Diffie-Hellman of old, decrypt and
// agree; who calls signs (RFC 5246 §7.4.2, §7.4.6).
func usableKey(c certs.Facts, usage string) bool {
	return len(c.KeyUsages) == 0 || slices.ContainsFunc(c.KeyUsages, func(k string) bool {
		return k == "digitalSignature" || k == "keyAgreement" || k == "keyEncipherment" && usage == serverAuth
	})
}

// unfitCaller is unfit, for what a node showed when it called.
func unfitCaller(o OutboundCall) (bar, fix string) {
	if len(o.Chain) == 0 {
		return o.Node + " called without a certificate", "issue the certificate with extended key usage serverAuth, clientAuth"
	}
	var t Trust
	if o.Trust != nil {
		t = *o.Trust
	}
	return unfit(o.Chain[0], t, clientAuth)
}

// turnedAway is what a strict Edge said to a node's call, and why.
func turnedAway(o OutboundCall) string {
	return fmt.Sprintf("%s called, and a strict Edge answers %d: %s", o.Node, o.Status, o.Distrust)
}

// needs tells whether the way to a root passes the i-th certificate sent.
// Without a way, as in facts that hold none, all count.
func (t Trust) needs(i int) bool { return len(t.Way) == 0 || slices.Contains(t.Way, i) }
