package check

import (
	"fmt"
	"net/netip"
	"slices"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// passedOver is a name in a certificate that may be a node's or another
// service's: nothing that was seen tells. What was inferred and not confirmed is
// said, and held against nobody.
type passedOver struct {
	name string
	at   netip.Addr
	rule string // that would fail if it were a node
	why  string // it is not taken for one
}

func (in *Inference) passOver(rule, name string, at netip.Addr, why string) {
	in.passed = append(in.passed, passedOver{name, at, rule, why})
	in.seen("%s is in a certificate and leads to %s, %s: not taken for a node", name, at, why)
	in.comments = append(in.comments, plan.Comment{Path: "nodes",
		Above: fmt.Sprintf("%s is in a certificate and leads to %s,\n%s: not taken for a node. If it is one, add it here", name, at, why)})
}

// passedOver is what to know of the names that were not taken for nodes.
func (in *Inference) passedOver() (lines []string) {
	if in == nil {
		return nil
	}
	for _, p := range in.passed {
		lines = append(lines, fmt.Sprintf("%s is in a certificate and leads to %s, %s: not taken for a node; if it is one, %s", p.name, p.at, p.why, p.mend()))
	}
	return lines
}

// finding says what was not judged, of the rule that would have.
func (p passedOver) finding() result.Finding {
	rule, _ := Find(p.rule)
	v := unseen(p.name, result.NotVisible, fmt.Sprintf("%s is in a certificate and leads to %s, %s: not taken for a node", p.name, p.at, p.why))
	v.fix = fmt.Sprintf("nothing, if %s is another service's; if it is a node: %s", p.name, p.mend())
	return rule.finding(v)
}

func (p passedOver) mend() string {
	switch p.rule {
	case "DNS-11":
		return fmt.Sprintf("publish its public address in place of %s", p.at)
	case "CRT-15":
		return "install the certificate of the pool on it"
	}
	return fmt.Sprintf("start it, and open TCP %d to %s in every firewall before it", plan.Port, p.at)
}

// speaks tells whether TLS came back from an address.
func (f Facts) speaks(a netip.Addr) bool {
	return slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool { return e.Address.Addr() == a && e.answers() })
}

// shares tells whether what is at an address shows the certificate of the pool:
// the same, or another for that name.
func (f Facts) shares(a netip.Addr, pool string) bool {
	shown := map[string]bool{} // in the pool
	for _, e := range f.Endpoints {
		for _, h := range e.Handshakes {
			if len(h.Chain) > 0 && e.Node == "" {
				shown[h.Chain[0].SHA256] = true
			}
		}
	}
	return slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool {
		return e.Address.Addr() == a && slices.ContainsFunc(e.Handshakes, func(h Handshake) bool {
			return len(h.Chain) > 0 && (shown[h.Chain[0].SHA256] ||
				slices.ContainsFunc(h.Chain[0].Names, func(name string) bool { return dns.Canonical(name) == pool }))
		})
	})
}
