package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fedge/shell"
)

// Step is one step of a change from one plan to another. What a machine needs
// is in the lists, what a person needs besides is in Do and Why.
type Step struct {
	Title        string               `json:"title"`
	Where        string               `json:"where,omitzero"` // whose work it is: DNS, the firewall, …; "": it is only waited
	Node         string               `json:"node,omitzero"`  // that is added, changed or removed
	Add          []Record             `json:"add,omitempty"`
	Remove       []Record             `json:"remove,omitempty"`
	Open         []FirewallRow        `json:"open,omitempty"`
	Close        []FirewallRow        `json:"close,omitempty"`
	Certificates []CertificateRequest `json:"certificates,omitempty"` // to request, and to install on their nodes
	Do           []string             `json:"do,omitempty"`
	Why          string               `json:"why,omitzero"`
	Rules        []string             `json:"rules,omitempty"`
}

// Where a step is done.
const (
	atFirewall  = "firewall"
	atDNS       = "DNS"
	atAuthority = "certificate authority, then the platform"
	atPlatform  = "platform"
	atPartner   = "partner"
	atOutside   = "a host on the internet"
)

// change is the way from one plan to another while it is being written down.
type change struct {
	old, new *Plan
	renamed  map[string]string   // new names of nodes to their old ones
	pools    map[string][]Record // by domain: what stands under the pool host by now
	steps    []Step
}

// Since lists the steps that lead from an old plan to this one, in an order in
// which no step breaks calls that worked before it: what is added is added
// first (firewall, names, certificates, nodes), then traffic is let there, then
// taken from what goes, which is removed last. The error lists what cannot be
// done in one change, all of it.
func (p *Plan) Since(old *Plan) ([]Step, error) {
	c := &change{old: old, new: p, pools: make(map[string][]Record)}
	c.renamed = c.renames()
	if err := c.refuse(); err != nil {
		return nil, err
	}
	for _, d := range old.Domains {
		c.pools[d.Name] = old.poolRecords(d)
	}
	c.openFirewall()
	c.nameNodes()
	c.certify()
	c.prepareLocations()
	c.addNodes()
	c.readyNodes()
	c.addAliases()
	c.tellPartners()
	c.addDomains(false)
	c.fillPools()
	c.renameNodes()
	c.rebuildNodes()
	c.renamePools()
	c.addDomains(true)
	c.setPlatform()
	c.meetPartners()
	c.removeDomains()
	c.emptyPools()
	c.removeAliases()
	c.relieveNodes()
	c.removeNodes()
	c.removeLocations()
	c.closeFirewall()
	if len(c.steps) > 0 {
		c.prove()
	}
	return c.steps, nil
}

func (c *change) step(s Step) { c.steps = append(c.steps, s) }

// wait lets resolvers forget what was removed.
func (c *change) wait(ttl int, what string) {
	c.step(Step{
		Title: fmt.Sprintf("Wait %d minutes, or the TTL that was published if it is longer", (ttl+59)/60),
		Why:   what, Rules: []string{"DNS-16"},
	})
}

// before is the node of the old plan that a node of the new one was.
func (c *change) before(n Node) (Node, bool) {
	if was, ok := c.renamed[n.Name]; ok {
		return c.old.Node(was)
	}
	return c.old.Node(n.Name)
}

// after is the node of the new plan that a node of the old one becomes.
func (c *change) after(n Node) (Node, bool) {
	for now, was := range c.renamed {
		if was == n.Name {
			return c.new.Node(now)
		}
	}
	return c.new.Node(n.Name)
}

// renames finds nodes that only get another name: the same addresses.
func (c *change) renames() map[string]string {
	names := make(map[string]string)
	for _, n := range c.new.Nodes {
		if _, kept := c.old.Node(n.Name); kept {
			continue
		}
		for _, was := range c.old.Nodes {
			if _, stays := c.new.Node(was.Name); !stays && was.Address == n.Address && was.PublicAddr() == n.PublicAddr() {
				names[n.Name] = was.Name
			}
		}
	}
	return names
}

// added are the nodes that were not there before under any name.
func (c *change) added() []Node {
	return slices.DeleteFunc(slices.Clone(c.new.Nodes), func(n Node) bool { _, was := c.before(n); return was })
}

// removed are the nodes that are gone.
func (c *change) removed() []Node {
	return slices.DeleteFunc(slices.Clone(c.old.Nodes), func(n Node) bool { _, stays := c.after(n); return stays })
}

// rebuilt tells whether a node that stays must be emptied to be changed: its
// address is another, or its place or kind, which restarts it.
func (c *change) rebuilt(n Node) bool {
	was, ok := c.before(n)
	return ok && (was.Address != n.Address || was.PublicAddr() != n.PublicAddr() ||
		was.Location != n.Location || c.old.Inside(was) != c.new.Inside(n) || was.Has(Proxying) != n.Has(Proxying))
}

// gains tells whether a node that stays takes on more: it does so before calls
// are sent there.
func (c *change) gains(n Node) bool {
	was, ok := c.before(n)
	return ok && (n.Has(Signaling) && !was.Has(Signaling) || n.Has(Media) && !was.Has(Media) || c.new.shows(n) && !c.old.shows(was))
}

// loses tells whether a node that stays lays down a role: it does so when no
// calls are sent there any more.
func (c *change) loses(n Node) bool {
	was, ok := c.before(n)
	return ok && (was.Has(Signaling) && !n.Has(Signaling) || was.Has(Media) && !n.Has(Media))
}

// refuse finds what no order of steps can do.
func (c *change) refuse() error {
	var problems []error
	for _, n := range c.new.Nodes {
		self, known := c.before(n)
		for _, other := range c.old.Nodes {
			if known && other.Name == self.Name {
				continue
			}
			switch {
			case n.PublicAddr() == other.PublicAddr():
				problems = append(problems, fmt.Errorf("%s gets %s, which is the address of %s: make two changes, and let %s leave it in the first", n.Name, n.PublicAddr(), other.Name, other.Name))
			case n.Address == other.Address:
				problems = append(problems, fmt.Errorf("%s gets %s, which is the inner address of %s: make two changes, and let %s leave it in the first", n.Name, n.Address, other.Name, other.Name))
			}
		}
	}
	for _, n := range c.new.Nodes {
		if was, ok := c.before(n); ok && was.Name != n.Name && (c.rebuilt(n) || c.gains(n) || c.loses(n)) {
			problems = append(problems, fmt.Errorf("%s becomes %s and gets another place or other roles at the same time: make two changes, one after the other", was.Name, n.Name))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("plan: the change from %s to %s: %w", c.old.Path, c.new.Path, errors.Join(problems...))
	}
	return nil
}

func (c *change) openFirewall() {
	if open := missing(c.new.Firewall(), c.old.Firewall()); len(open) > 0 {
		c.step(Step{Title: "Let the new traffic through", Where: atFirewall, Open: open, Rules: rulesOf(open), Why: "it harms nobody, and everything after it needs it"})
	}
}

func (c *change) closeFirewall() {
	if gone := missing(c.old.Firewall(), c.new.Firewall()); len(gone) > 0 {
		c.step(Step{Title: "Close what nothing uses any more", Where: atFirewall, Close: gone})
	}
}

// missing are the rows of a that b has not, whatever their reason says.
func missing(a, b []FirewallRow) []FirewallRow {
	same := func(r FirewallRow) FirewallRow {
		r.Why, r.Node, r.Peer = "", "", ""
		if r.Direction == mutual && r.Source > r.Destination {
			r.Source, r.Destination = r.Destination, r.Source
		}
		return r
	}
	return slices.DeleteFunc(slices.Clone(a), func(r FirewallRow) bool {
		return slices.ContainsFunc(b, func(other FirewallRow) bool { return same(other) == same(r) })
	})
}

func rulesOf(rows []FirewallRow) []string {
	var rules []string
	for _, r := range rows {
		if !slices.Contains(rules, r.Rule) {
			rules = append(rules, r.Rule)
		}
	}
	slices.Sort(rules)
	return rules
}

// prove ends every change.
func (c *change) prove() {
	words := []string{"simulator", "check", c.new.Path, "--as", "PARTNER.yaml"}
	if c.new.Outbound {
		words = append(words, "--trigger", c.new.trigger())
	}
	c.step(Step{
		Title: "Prove it", Where: atOutside, Do: []string{shell.Line(words...)},
		Why: "a step that was forgotten, or done on one node only, is found there",
	})
}

// trigger is how a check makes the nodes call out: by their admin addresses if
// the plan has any.
func (p *Plan) trigger() string {
	if slices.ContainsFunc(p.Nodes, func(n Node) bool { return n.Admin.IsValid() }) {
		return "http"
	}
	return "command ./dial.sh"
}

func nodeNames(nodes []Node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return strings.Join(names, ", ")
}
