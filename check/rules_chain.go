package check

import (
	"fmt"
	"slices"
	"strings"
)

// The rules on who vouches for a certificate: the chain, and the root above it.

func trusted(w *world) []verdict {
	return w.eachCertificate(which{chains: true, clients: true}, []string{"CRT-17"}, func(c *shown) verdict {
		_, _, lacking := w.unsent(c.trust, c.subject())
		switch {
		case lacking:
			return blocked(c.subject(), "CRT-07")
		case c.trust.Insecure && w.fails("CRT-12", c.leaf.SHA256):
			return blocked(c.subject(), "CRT-12")
		case c.trust.Flaw != "":
			said, fix := c.flaw()
			return fail(c.subject(), fix, c.evidence(said, c.trust.Error)...).looking(whateverRoots)
		case !c.trust.Anchored:
			return fail(c.subject(), "use a certificate of an authority that partners trust",
				c.evidence("the chain ends at "+end(c), c.trust.Error)...)
		case c.trust.Error != "" && w.fails("CRT-11", c.leaf.SHA256):
			return blocked(c.subject(), "CRT-11")
		case c.trust.Error != "":
			return fail(c.subject(), "have the certificate issued again so that its chain verifies: the root is trusted, and a certificate on the way is refused",
				c.evidence(c.trust.Error)...).looking(whateverRoots)
		}
		if nodes, said := w.unexplained(c); len(nodes) > 0 {
			return fail(strings.Join(nodes, ", "), "mend what the partner says of the certificate: the root above it is trusted, and the chain verifies here", c.evidence(said...)...)
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// whateverRoots is what partners see of a chain that does not hold by itself.
const whateverRoots = "trust fails at every partner, whatever roots it has imported (ms-diagnostics 1010, 1047)"

// flaw says why a chain does not hold, whatever root is above it, and what to do.
func (c *shown) flaw() (said, fix string) {
	if c.trust.Flaw == FlawExtension {
		for _, link := range c.chain {
			if len(link.Critical) > 0 {
				oids := list(link.Critical)
				return fmt.Sprintf("CN=%s has the critical extension %s, and who does not know it has to refuse (RFC 5280 §4.2)", link.CommonName, oids),
					fmt.Sprintf("have CN=%s issued again without the extension %s, or with one that is not critical", link.CommonName, oids)
			}
		}
	}
	above := c.leaf.Issuer
	switch c.trust.Flaw {
	case FlawNames:
		return "the root is trusted; name constraints on the way to it leave these names out (RFC 5280 §4.2.1.10)",
			fmt.Sprintf("have the certificate issued by an authority that may issue for its names: %s, or one above it, may not", above)
	case FlawLength:
		return "the root is trusted; an authority on the way may not have so many authorities below it (RFC 5280 §4.2.1.9, pathLenConstraint)",
			fmt.Sprintf("have the certificate issued by an authority higher up than %s, or that one by one which allows it", above)
	}
	return "the root is trusted; a certificate on the way is refused", "have the certificate issued again by an authority whose certificates go together"
}

// unexplained is why a strict Edge turned nodes away that called with this
// chain, if no rule says what is wrong with it: then that is all there is to
// say.
func (w *world) unexplained(c *shown) (nodes, said []string) {
	for _, node := range c.nodes {
		o, arrived := w.callFrom(node)
		if !arrived || o.Distrust == "" || chainKey(o.Chain) != chainKey(c.chain) {
			continue
		}
		explained := func(id string) bool { return w.fails(id, node) }
		if !slices.ContainsFunc([]string{"CRT-17", "CRT-11", "CRT-09", "CRT-07", "CRT-05", "CRT-02", "CRT-12"}, explained) {
			nodes, said = append(nodes, node), append(said, turnedAway(o))
		}
	}
	return nodes, said
}

// end is where a chain ends: at an issuer that is not there, or at a root.
func end(c *shown) string {
	if c.trust.Missing != "" {
		return c.trust.Missing + ", which was not sent (a root, by its name or by what others send) and is not trusted here"
	}
	return c.chain[len(c.chain)-1].Issuer + ", which is not trusted here"
}

func chainSent(w *world) []verdict {
	return w.eachCertificate(which{chains: true, clients: true}, []string{"CRT-17"}, func(c *shown) verdict {
		said, fix, lacking := w.unsent(c.trust, c.subject())
		switch {
		case lacking:
			return fail(c.subject(), fix, c.evidence(sent(c), said)...)
		case c.trust.Disordered:
			return fail(c.subject(), "send the leaf first, then each certificate's issuer", c.evidence(sent(c))...)
		case c.trust.Missing != "" && c.trust.Insecure:
			return blocked(c.subject(), "CRT-12")
		case c.trust.Missing != "": // a root by its name, which need not be sent; nobody has seen it
			return blocked(c.subject(), "CRT-06")
		}
		return pass(c.subject(), c.evidence(sent(c))...)
	})
}

// sent is the chain as it came, leaf first.
func sent(c *shown) string {
	subjects := make([]string, len(c.chain))
	for i, link := range c.chain {
		subjects[i] = "CN=" + link.CommonName
	}
	return fmt.Sprintf("sent %d: %s", len(c.chain), strings.Join(subjects, ", "))
}
