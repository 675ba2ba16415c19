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
		case !c.trust.Anchored:
			return fail(c.subject(), "use a certificate of an authority that partners trust",
				c.evidence("the chain ends at "+end(c), c.trust.Error)...)
		case c.trust.Error != "" && w.fails("CRT-11", c.leaf.SHA256):
			return blocked(c.subject(), "CRT-11")
		case c.trust.Error != "":
			return fail(c.subject(), "", c.evidence(c.trust.Error)...)
		}
		if nodes, said := w.unexplained(c); len(nodes) > 0 {
			return fail(strings.Join(nodes, ", "), "", c.evidence(said...)...)
		}
		return pass(c.subject(), c.evidence()...)
	})
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
