package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/certs"
)

// publicAuthorities are those whose server certificates partners commonly
// trust, as their names appear in an issuer. All of them follow the root
// programmes of browsers, which want server certificates to be good for servers
// alone.
func publicAuthorities() []string {
	return []string{
		"Actalis", "Amazon", "Asseco", "Buypass", "Certum", "COMODO", "D-Trust", "DigiCert", "Entrust", "GeoTrust", "GlobalSign",
		"GoDaddy", "Google Trust Services", "HARICA", "IdenTrust", "Let's Encrypt", "QuoVadis", "RapidSSL", "SECOM", "Sectigo",
		"SSL Corp", "Starfield", "SwissSign", "Telia", "Thawte", "ZeroSSL",
	}
}

// publicIssuer is the public authority that a chain names as issuer; "" if none.
func publicIssuer(chain []certs.Facts) string {
	for _, link := range chain {
		for _, name := range publicAuthorities() {
			if strings.Contains(strings.ToLower(link.Issuer), strings.ToLower(name)) {
				return name
			}
		}
	}
	return ""
}

// sunset looks ahead: clientAuth that is there today, and from a public
// authority, will not be there after a renewal; and where it is missing, asking
// that authority for it is not the way. No date decides: what authorities
// announce moves, and they do not agree.
//
// What a node shows when it calls is what counts, if it has another certificate
// for that.
func sunset(w *world) []verdict {
	if v, none := w.staysIn("all nodes"); none {
		return []verdict{v}
	}
	return w.eachCertificate(which{}, []string{"CRT-17"}, func(c *shown) verdict {
		var ending, ended []string
		authority := ""
		for _, node := range c.nodes {
			chain := c.chain
			bar, _ := unfit(c.leaf, c.trusts[node], clientAuth)
			if o, arrived := w.callFrom(node); arrived && len(o.Chain) > 0 {
				chain = o.Chain
				bar, _ = unfitCaller(o)
			}
			issuer := publicIssuer(chain)
			switch {
			case issuer == "":
				continue
			case bar == "":
				ending = append(ending, node)
			default:
				ended = append(ended, node)
			}
			authority = issuer
		}
		nodes := strings.Join(slices.Concat(ending, ended), ", ")
		private := fmt.Sprintf("give %s a second certificate for calling (clientAuth, the same names), from an authority that still issues it "+
			"or a private one whose root your partners import, and keep the public one for taking calls", nodes)
		switch {
		case nodes == "":
			return pass(c.subject(), c.evidence("no public authority issued it")...)
		case len(ended) > 0:
			return fail(nodes, private, c.evidence("extended key usage: "+list(c.leaf.Usages),
				authority+" is a public authority: such stop issuing clientAuth with serverAuth, so renewing there will not bring it back")...)
		}
		return fail(nodes, "before the next renewal: "+private, c.evidence("extended key usage: "+list(c.leaf.Usages),
			authority+" is a public authority: such stop issuing clientAuth with serverAuth; ask it what the next certificate will hold")...)
	})
}
