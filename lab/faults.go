package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/dns"
	"fedge/plan"
)

// Fault is one thing that is broken on purpose.
type Fault struct {
	Name  string
	What  string // what is broken, in a sentence
	Finds string // the rule that finds it
	apply func(*blueprint)
}

// The nodes that faults strike.
const (
	firstSignaling  = "px01." + Domain
	secondSignaling = "px02." + Domain
	lastMedia       = "px03." + Domain
)

// Faults lists what can be broken, by name.
func Faults() []Fault {
	federation := dns.FederationName(Domain)
	return []Fault{
		{"cert-expired", "the certificate on every node expired yesterday", "CRT-11", func(b *blueprint) {
			b.certificate.NotBefore, b.certificate.NotAfter = time.Now().Add(-lifetime), time.Now().Add(-24*time.Hour)
		}},
		{"cert-missing-node", "the certificate does not name " + secondSignaling, "CRT-03", func(b *blueprint) {
			b.certificate.Names = slices.DeleteFunc(slices.Clone(b.certificate.Names), func(name string) bool { return name == secondSignaling })
		}},
		{"cert-no-clientauth", "the certificate is for servers only (no clientAuth)", "CRT-09", func(b *blueprint) {
			b.certificate.ServerOnly = true
		}},
		{"dead-media-node", lastMedia + " never came up", "NET-01", func(b *blueprint) { b.dead[lastMedia] = true }},
		{"dead-signaling-node", secondSignaling + " never came up", "NET-01", func(b *blueprint) { b.dead[secondSignaling] = true }},
		{"from-not-rewritten", "the nodes are not told to put their own domain into From", "DOM-02", func(b *blueprint) { b.configured.From = plan.FromDefaultOnly }},
		{"intermediate-not-sent", "the nodes send their leaf without the intermediate", "CRT-07", func(b *blueprint) {
			b.certificate.LeafOnly = true
		}},
		{"pool-missing-node", secondSignaling + " is not under the pool's name", "DNS-07", func(b *blueprint) {
			n, _ := b.plan.Node(secondSignaling)
			b.edit(Domain, func(r record) (record, bool) {
				return r, !(r.owner == b.plan.Domains[0].Pool && r.kind == "A" && r.data == n.PublicAddr().String())
			})
		}},
		{"srv-missing", "there is no " + federation, "DNS-01", func(b *blueprint) {
			b.edit(Domain, func(r record) (record, bool) { return r, r.kind != "SRV" })
		}},
		{"srv-target-other-domain", "the SRV record points to a host in another domain", "DNS-04", func(b *blueprint) {
			b.edit(Domain, func(r record) (record, bool) {
				if r.kind == "SRV" {
					r.data = strings.Replace(r.data, b.plan.Domains[0].Pool+".", "sip.hosting.example.", 1)
				}
				return r, true
			})
			for _, n := range b.plan.Signaling() {
				b.records["hosting.example"] = append(b.records["hosting.example"], record{"sip.hosting.example", "A", n.PublicAddr().String()})
			}
		}},
		{"srv-wrong-port", "the SRV record says port 5062", "DNS-02", func(b *blueprint) {
			b.edit(Domain, func(r record) (record, bool) {
				if r.kind == "SRV" {
					r.data = strings.Replace(r.data, " 5061 ", " 5062 ", 1)
				}
				return r, true
			})
		}},
	}
}

// apply breaks what was asked for; an unknown name is told all that are known.
func (b *blueprint) apply(names []string) error {
	known := Faults()
	var unknown []string
	for _, name := range names {
		i := slices.IndexFunc(known, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			unknown = append(unknown, name)
			continue
		}
		known[i].apply(b)
	}
	if len(unknown) == 0 {
		return nil
	}
	var all []string
	for _, f := range known {
		all = append(all, f.Name)
	}
	return &UnknownFault{Names: unknown, Known: all}
}

// UnknownFault is a mistake of the one who asked.
type UnknownFault struct{ Names, Known []string }

func (e *UnknownFault) Error() string {
	return fmt.Sprintf("lab: unknown fault %s; there are: %s", strings.Join(e.Names, ", "), strings.Join(e.Known, ", "))
}

// edit rewrites a zone record by record; false drops one.
func (b *blueprint) edit(origin string, change func(record) (record, bool)) {
	var out []record
	for _, r := range b.records[origin] {
		if changed, keep := change(r); keep {
			out = append(out, changed)
		}
	}
	b.records[origin] = out
}
