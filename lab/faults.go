package lab

import (
	"fmt"
	"slices"
	"strings"

	"fedge/edge"
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
	thirdSignaling  = "px09." + Domain // where an expansion is planned
)

// Faults lists what can be broken, by name.
func Faults() []Fault {
	all := slices.Concat(dnsFaults(), partnerFaults(), certificateFaults(), nodeFaults(), networkFaults(), expansionFaults())
	slices.SortFunc(all, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// pick finds faults by name; all that are unknown are named together.
func pick(names []string) ([]Fault, error) {
	known := Faults()
	var picked []Fault
	var unknown []string
	for _, name := range names {
		i := slices.IndexFunc(known, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			unknown = append(unknown, name)
			continue
		}
		picked = append(picked, known[i])
	}
	if len(unknown) == 0 {
		return picked, nil
	}
	var all []string
	for _, f := range known {
		all = append(all, f.Name)
	}
	return nil, &UnknownFault{Names: unknown, Known: all}
}

// Unknown is an *UnknownFault if one of the names is no fault's, so that it can
// be said before a world is begun.
func Unknown(names []string) error {
	_, err := pick(names)
	return err
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

// editSRV replaces part of the SRV record of a zone.
func (b *blueprint) editSRV(origin, old, instead string) {
	b.edit(origin, func(r record) (record, bool) {
		if r.kind == "SRV" {
			r.data = strings.Replace(r.data, old, instead, 1)
		}
		return r, true
	})
}

// drop takes the records of a kind from a name; with data, only that one.
func (b *blueprint) drop(origin, owner, kind, data string) {
	b.edit(origin, func(r record) (record, bool) {
		return r, !(r.owner == owner && r.kind == kind && (data == "" || r.data == data))
	})
}

// add puts a record into a zone.
func (b *blueprint) add(origin, owner, kind, data string) {
	b.records[origin] = append(b.records[origin], record{owner: owner, kind: kind, data: data})
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

// set changes what is set on one node.
func (b *blueprint) set(node string, change func(*edge.Settings)) {
	s := b.settings[node]
	change(&s)
	b.settings[node] = s
}

// give gives a node a certificate of its own, which is the shared one with
// changes.
func (b *blueprint) give(node string, own ownCertificate) {
	b.own[node] = own
	for i := range b.configured.Nodes {
		if n := &b.configured.Nodes[i]; n.Name == node {
			n.Certificate, n.Key = node+".pem", node+"-key.pem"
		}
	}
}
