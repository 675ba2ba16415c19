package lab

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/edge"
	"fedge/plan"
	"fedge/result"
	"fedge/spelling"
)

// Fault is one thing that is broken on purpose: in a zone, a certificate, a
// node's configuration or the network. What check reads and how it looks stay
// as they are.
type Fault struct {
	Name  string
	What  string    // what is broken, in a sentence
	Finds []Finding // all that check says of it; none: no verdict can be drawn
	apply func(*blueprint)

	expands bool // the plan has a third signaling node
	parts   bool // the plan gives secondSignaling a certificate of its own
	behind  bool // the nodes are behind a NAT
	doubles bool // there is a second SIP domain
}

// Finding is a rule that fails, and on what.
type Finding struct {
	Rule     string
	Subject  string // as check names it, or EveryNode
	Severity result.Severity
}

// EveryNode is the subject of a finding on the certificate that all nodes share.
const EveryNode = "every node"

func required(rule, subject string) Finding    { return Finding{rule, subject, result.Required} }
func recommended(rule, subject string) Finding { return Finding{rule, subject, result.Recommended} }
func warning(rule, subject string) Finding     { return Finding{rule, subject, result.Warning} }

// Verdict is what check comes to, unless it is strict: recommended rules and
// warnings then fail too.
func (f Fault) Verdict() result.Verdict {
	switch {
	case len(f.Finds) == 0:
		return result.Inconclusive
	case slices.ContainsFunc(f.Finds, func(found Finding) bool { return found.Severity == result.Required }):
		return result.Fail
	}
	return result.Pass
}

// Rules are the ids of the rules that find it.
func (f Fault) Rules() (ids []string) {
	for _, found := range f.Finds {
		if !slices.Contains(ids, found.Rule) {
			ids = append(ids, found.Rule)
		}
	}
	return ids
}

// The hosts that faults strike.
const (
	poolHost        = "sip." + Domain
	firstSignaling  = "px01." + Domain
	secondSignaling = "px02." + Domain
	lastMedia       = "px03." + Domain
	formerHost      = "old." + Domain
	misspelt        = "spi." + Domain  // for sip
	thirdSignaling  = "px09." + Domain // where an expansion is planned
	secondNodes     = "px11." + SecondDomain + ", px12." + SecondDomain
)

// Faults lists what can be broken, by name.
func Faults() []Fault {
	all := slices.Concat(dnsFaults(), partnerFaults(), certificateFaults(), nodeFaults(), networkFaults(), expansionFaults())
	slices.SortFunc(all, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// pick finds faults by name, each once and in the order of all; names that are
// unknown are named together.
func pick(names []string) ([]Fault, error) {
	known := Faults()
	var unknown, all []string
	for _, f := range known {
		all = append(all, f.Name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, &UnknownFault{Names: unknown, Known: all}
	}
	return slices.DeleteFunc(known, func(f Fault) bool { return !slices.Contains(names, f.Name) }), nil
}

// UnknownFault is a mistake of the one who asked.
type UnknownFault struct{ Names, Known []string }

func (e *UnknownFault) Error() string {
	names := slices.Clone(e.Names)
	for i, name := range names {
		if near := e.near(name); near != "" {
			names[i] += " (did you mean " + near + "?)"
		}
	}
	return fmt.Sprintf("lab: unknown fault %s; simulator lab --list-faults shows all %d", strings.Join(names, ", "), len(e.Known))
}

// near is the fault that is spelt most like a name, or else those that it is
// part of, as "expired" is of cert-expired.
func (e *UnknownFault) near(name string) string {
	if near := spelling.Nearest(name, e.Known); near != "" {
		return near
	}
	const shortest, most = 3, 4
	part := slices.DeleteFunc(slices.Clone(e.Known), func(known string) bool { return !strings.Contains(known, strings.ToLower(name)) })
	if len(name) < shortest || len(part) > most {
		return ""
	}
	return strings.Join(part, " or ")
}

// add puts a record into a zone, for who wants that there are some.
func (b *blueprint) add(origin, owner, kind, data string) {
	b.wants(recordsOf(owner, kind), "some")
	b.zones.add(origin, owner, kind, data)
}

// empty takes all records of a kind from a name, for who wants that there are
// none.
func (b *blueprint) empty(owner, kind string) {
	b.wants(recordsOf(owner, kind), "none")
	b.zones.empty(owner, kind)
}

// recordsOf is what add and empty are about.
func recordsOf(owner, kind string) string { return "the " + kind + " records of " + owner }

// point sets the target of a federation record.
func (b *blueprint) point(domain, target string) {
	owner := dns.FederationName(domain)
	set(b, "the target of "+owner, &b.zones.services[owner].target, target+".")
}

// address is a node's public one, as a zone has it.
func (b *blueprint) address(node string) string {
	n, _ := b.plan.Node(node)
	return n.PublicAddr().String()
}

// innerAddress is one that a node could have behind a NAT.
func (b *blueprint) innerAddress(node string) string {
	n, _ := b.plan.Node(node)
	if !b.plan.IsPublic(n.Address) {
		return n.Address.String()
	}
	inner := n.Address.As4()
	return fmt.Sprintf("10.0.0.%d", inner[3])
}

// kill keeps a node from coming up; what there is at its port instead is one
// thing.
func (b *blueprint) kill(node, instead string) {
	b.wants("what is at the port of "+node, instead)
	b.dead[node] = true
}

// told is what is set on one node.
func (b *blueprint) told(node string) *edge.Settings {
	if b.settings[node] == nil {
		b.settings[node] = &edge.Settings{}
	}
	return b.settings[node]
}

// name sets a node's SIP TLS FQDN.
func (b *blueprint) name(node, fqdn string) {
	set(b, "the SIP TLS FQDN of "+node, &b.told(node).FQDN, fqdn)
}

// configure finds a node as it is configured.
func (b *blueprint) configure(node string) *plan.Node {
	i := slices.IndexFunc(b.configured.Nodes, func(n plan.Node) bool { return n.Name == node })
	return &b.configured.Nodes[i]
}
