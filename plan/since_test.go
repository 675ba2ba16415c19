package plan_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"fedge/plan"
)

// copyOf is a plan that can be changed without changing another.
func copyOf(t testing.TB, p *plan.Plan) *plan.Plan {
	t.Helper()
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.Parse(p.Path, text)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// deployment is a small world that is in the middle of a change.
type deployment struct {
	old, new *plan.Plan
	records  []plan.Record
	names    map[string][]string // by node: what its certificate names
	there    map[string]bool     // nodes that are up, by the name they have by now
	takes    map[string]bool     // nodes that take calls
	warned   bool                // an interruption was announced
}

func records(p *plan.Plan) []plan.Record {
	var all []plan.Record
	for _, d := range p.Domains {
		all = append(all, p.Records(d.Name)...)
	}
	return all
}

// walk takes the steps one by one and holds, after each, what a partner relies
// on: every domain leads to at least one node that is up, takes calls, and
// proves the pool's name and its own.
func walk(old, now *plan.Plan, steps []plan.Step) error {
	w := &deployment{old: old, new: now, records: records(old), names: map[string][]string{}, there: map[string]bool{}, takes: map[string]bool{}}
	for _, n := range old.Nodes {
		w.there[n.Name], w.takes[n.Name] = true, n.Has(plan.Signaling)
	}
	for _, r := range old.Requests() {
		for _, n := range r.Nodes {
			w.names[n] = r.Names
		}
	}
	for i, s := range steps {
		if err := w.take(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s.Title, err)
		}
		if err := w.holds(); err != nil && !w.warned {
			return fmt.Errorf("after step %d, %s: %w", i+1, s.Title, err)
		}
	}
	w.warned = false
	if err := w.holds(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	want := records(now)
	for _, r := range w.records {
		if !slices.Contains(want, r) {
			return fmt.Errorf("at the end %s is still there", r)
		}
	}
	if len(want) != len(w.records) {
		return fmt.Errorf("at the end there are %d records, want %d", len(w.records), len(want))
	}
	for _, n := range now.Nodes {
		if !w.there[n.Name] || w.takes[n.Name] != n.Has(plan.Signaling) {
			return fmt.Errorf("at the end %s is up: %v, takes calls: %v", n.Name, w.there[n.Name], w.takes[n.Name])
		}
	}
	return nil
}

func (w *deployment) take(s plan.Step) error {
	for _, r := range s.Remove {
		i := slices.Index(w.records, r)
		if i < 0 {
			return fmt.Errorf("%s is not there", r)
		}
		w.records = slices.Delete(w.records, i, i+1)
	}
	for _, r := range s.Add {
		if slices.Contains(w.records, r) {
			return fmt.Errorf("%s is there already", r)
		}
		w.records = append(w.records, r)
	}
	for _, c := range s.Certificates {
		for _, n := range c.Nodes {
			w.names[n] = c.Names
		}
	}
	w.warned = w.warned || strings.HasPrefix(s.Title, "Announce an interruption")
	if s.Node == "" {
		return nil
	}
	n, stays := w.new.Node(s.Node)
	switch {
	case strings.HasPrefix(s.Title, "Remove the node"):
		delete(w.there, s.Node)
	case !stays:
		return fmt.Errorf("the node %s is not in the new plan", s.Node)
	default:
		w.there[s.Node], w.takes[s.Node] = true, n.Has(plan.Signaling)
		if strings.HasPrefix(s.Title, "Rename ") {
			was := strings.Fields(s.Title)[1]
			delete(w.there, was)
		}
	}
	return nil
}

func (w *deployment) holds() error {
	for _, srv := range w.records {
		if srv.Type != "SRV" {
			continue
		}
		var behind []netip.Addr
		for _, r := range w.records {
			if r.Name == srv.Target {
				behind = append(behind, r.Address)
			}
		}
		if len(behind) == 0 {
			return fmt.Errorf("%s leads nowhere", srv)
		}
		for _, addr := range behind {
			if err := w.reached(srv.Target, addr); err != nil {
				return err
			}
		}
	}
	return nil
}

// reached looks at the node that a call to an address gets to.
func (w *deployment) reached(pool string, addr netip.Addr) error {
	for name := range w.there {
		n, known := w.new.Node(name)
		was, before := w.old.Node(name)
		if !(known && n.PublicAddr() == addr || before && was.PublicAddr() == addr) {
			continue
		}
		switch {
		case !w.takes[name]:
			return fmt.Errorf("calls to %s get to %s, which takes none", pool, name)
		case !slices.Contains(w.certificate(name), pool):
			return fmt.Errorf("%s cannot prove %s: its certificate names %v", name, pool, w.certificate(name))
		case !slices.Contains(w.certificate(name), name):
			return fmt.Errorf("%s cannot prove its own name: its certificate names %v", name, w.certificate(name))
		case !slices.ContainsFunc(w.records, func(r plan.Record) bool { return r.Name == name && r.Address == addr }):
			return fmt.Errorf("%s is not found at %s by its own name", name, addr)
		}
		return nil
	}
	return fmt.Errorf("nobody is at %s, where calls to %s get to", addr, pool)
}

// certificate is what a node has; one that is to be renamed has it under
// either name.
func (w *deployment) certificate(name string) []string {
	names := w.names[name]
	was, _ := w.old.Node(name)
	for _, n := range w.new.Nodes {
		if _, kept := w.old.Node(n.Name); !kept && was.Address.IsValid() && n.Address == was.Address && len(w.names[n.Name]) > 0 {
			return w.names[n.Name]
		}
	}
	return names
}

// changes are single changes of a plan; what they make may be refused by Parse.
func changes() map[string]func(*plan.Plan) {
	addr := netip.MustParseAddr
	return map[string]func(*plan.Plan){
		"add media": func(p *plan.Plan) {
			p.Nodes = append(p.Nodes, plan.Node{Name: "px05.vc.example.com", Address: addr("10.0.0.44"), Public: addr("198.51.100.44"), Roles: []plan.Role{plan.Media}, Location: "dmz"})
		},
		"add signaling": func(p *plan.Plan) {
			p.Nodes = append(p.Nodes, plan.Node{Name: "px06.vc.example.com", Address: addr("10.0.0.45"), Public: addr("198.51.100.45"), Roles: []plan.Role{plan.Signaling}, Location: "dmz"})
		},
		"promote":     func(p *plan.Plan) { role(p, "px03.vc.example.com", plan.Signaling, plan.Media) },
		"demote":      func(p *plan.Plan) { role(p, "px02.vc.example.com", plan.Media) },
		"remove":      func(p *plan.Plan) { drop(p, "px01.vc.example.com") },
		"remove more": func(p *plan.Plan) { drop(p, "px02.vc.example.com") },
		"move": func(p *plan.Plan) {
			each(p, "px02.vc.example.com", func(n *plan.Node) { n.Public = addr("198.51.100.61") })
		},
		"move inside": func(p *plan.Plan) {
			each(p, "px01.vc.example.com", func(n *plan.Node) { n.Address = addr("10.0.0.60") })
		},
		"rename": func(p *plan.Plan) {
			each(p, "px03.vc.example.com", func(n *plan.Node) { n.Name = "mx03.vc.example.com" })
		},
		"rename signaling": func(p *plan.Plan) {
			each(p, "px01.vc.example.com", func(n *plan.Node) { n.Name = "conf01.vc.example.com" })
		},
		"pool":     func(p *plan.Plan) { p.Domains[0].Pool = "px." + p.Domains[0].Name },
		"outbound": func(p *plan.Plan) { p.Outbound = !p.Outbound },
		"second domain": func(p *plan.Plan) {
			p.Domains = append(p.Domains, plan.Domain{Name: "meet.example.org", Pool: "sip.meet.example.org"})
			p.Locations = append(p.Locations, plan.Location{Name: "org"})
			p.Nodes = append(p.Nodes, plan.Node{Name: "px01.meet.example.org", Address: addr("198.51.100.70"), Roles: []plan.Role{plan.Signaling, plan.Media}, Location: "org"})
			p.Rooms = append(p.Rooms, plan.Room{Name: "Org", Aliases: []string{"board@meet.example.org"}})
		},
		"relocate": func(p *plan.Plan) {
			p.Locations = append(p.Locations, plan.Location{Name: "edge", Overflow: []string{"dmz"}})
			each(p, "px02.vc.example.com", func(n *plan.Node) { n.Location = "edge" })
		},
		"into a subdomain": func(p *plan.Plan) {
			for i := range p.Nodes {
				p.Nodes[i].Name = strings.Replace(p.Nodes[i].Name, ".vc.example.com", ".meet.vc.example.com", 1)
			}
			p.Domains[0] = plan.Domain{Name: "meet.vc.example.com", Pool: "sip.meet.vc.example.com"}
		},
		"shared certificate": func(p *plan.Plan) {
			each(p, "px04.vc.example.com", func(n *plan.Node) { n.Certificate, n.Key = "", "" })
		},
		"replace all": func(p *plan.Plan) {
			for i := range 2 {
				drop(p, fmt.Sprintf("px0%d.vc.example.com", i+1))
				p.Nodes = append(p.Nodes, plan.Node{
					Name: fmt.Sprintf("new%d.vc.example.com", i), Address: addr(fmt.Sprintf("10.0.1.%d", i+1)), Public: addr(fmt.Sprintf("198.51.100.%d", 80+i)),
					Roles: []plan.Role{plan.Signaling, plan.Media}, Location: "dmz",
				})
			}
		},
		"a nested domain": func(p *plan.Plan) {
			p.Locations = append(p.Locations, plan.Location{Name: "eu"})
			p.Domains = append(p.Domains, plan.Domain{Name: "eu.vc.example.com", Pool: "sip.eu.vc.example.com"})
			p.Nodes = append(p.Nodes, plan.Node{
				Name: "px01.eu.vc.example.com", Address: addr("198.51.100.90"), Roles: []plan.Role{plan.Signaling, plan.Media}, Location: "eu",
			})
		},
		"proxies": func(p *plan.Plan) {
			for i := range p.Nodes {
				if p.Nodes[i].Location == "dmz" {
					p.Nodes[i].Roles, p.Nodes[i].Capacity = []plan.Role{plan.Signaling, plan.Proxying}, 0
				}
			}
		},
		"move all": func(p *plan.Plan) {
			for i := range p.Nodes {
				if p.Nodes[i].Public.IsValid() {
					p.Nodes[i].Public = netip.AddrFrom4([4]byte{203, 0, 113, p.Nodes[i].Public.As4()[3]})
				}
			}
		},
		"a domain grows around nodes": func(p *plan.Plan) {
			p.Domains = append(p.Domains, plan.Domain{Name: "example.com", Pool: "sip.example.com"})
			p.Locations = append(p.Locations, plan.Location{Name: "main"})
			p.Nodes = append(p.Nodes, plan.Node{Name: "px01.example.com", Address: addr("198.51.100.91"), Roles: []plan.Role{plan.Signaling, plan.Media}, Location: "main"})
		},
		"only the outer domain": func(p *plan.Plan) {
			p.Domains = []plan.Domain{{Name: "example.com", Pool: "sip.example.com"}}
		},
		"ports": func(p *plan.Plan) { p.MediaPorts = plan.PortRange{First: 30000, Last: 34999} },
		"partner": func(p *plan.Plan) {
			p.Partners = append(p.Partners[1:], plan.Partner{Domain: "tailspin.example", Expect: plan.Reachable, Trust: plan.Discovered})
		},
		"verify": func(p *plan.Plan) { p.Verify = !p.Verify },
		"federation": func(p *plan.Plan) {
			p.Closed, p.Blocked, p.Providers = true, []string{"evil.example"}, []string{"sipfed.host.example"}
			p.Partners[0].Trust = plan.Allowed
			p.Limits = plan.Limits{Calls: 500, WrongAliases: 20}
		},
		"location": func(p *plan.Plan) { p.Locations[0].Overflow = nil },
	}
}

func each(p *plan.Plan, name string, change func(*plan.Node)) {
	for i := range p.Nodes {
		if p.Nodes[i].Name == name {
			change(&p.Nodes[i])
		}
	}
}

func role(p *plan.Plan, name string, roles ...plan.Role) {
	each(p, name, func(n *plan.Node) { n.Roles = roles })
}

func drop(p *plan.Plan, name string) {
	p.Nodes = slices.DeleteFunc(p.Nodes, func(n plan.Node) bool { return n.Name == name })
}

// TestSinceWalks takes the steps between plans that differ in one thing, and in
// several at once, there and back.
func TestSinceWalks(t *testing.T) {
	base := load(t, example)
	all := changes()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	picks := make([][]string, 0, 700)
	for _, name := range names {
		picks = append(picks, []string{name})
	}
	draw := rand.New(rand.NewPCG(1, 2))
	for range 250 {
		shuffled := slices.Clone(names)
		draw.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		picks = append(picks, shuffled[:2+draw.IntN(4)])
	}
	walked, refused := 0, 0
	for _, pick := range picks {
		changed := copyOf(t, base)
		for _, name := range pick {
			all[name](changed)
		}
		text, err := changed.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if changed, err = plan.Parse(base.Path, text); err != nil {
			continue // no plan
		}
		for _, way := range []struct {
			what     string
			old, new *plan.Plan
		}{{"there", base, changed}, {"back", changed, base}} {
			steps, err := way.new.Since(way.old)
			if err != nil {
				refused++
				continue
			}
			walked++
			if len(steps) == 0 {
				t.Errorf("%v, %s: no steps", pick, way.what)
			}
			if err := walk(way.old, way.new, steps); err != nil {
				t.Errorf("%v, %s: %v", pick, way.what, err)
			}
		}
	}
	t.Logf("%d changes walked, %d refused", walked, refused)
	if walked < 300 {
		t.Errorf("only %d changes were walked", walked)
	}
}

func TestSinceNothing(t *testing.T) {
	if steps, err := load(t, example).Since(load(t, example)); err != nil || len(steps) != 0 {
		t.Errorf("%v, %v", steps, err)
	}
}

// TestSinceRefuses: what no order can do is refused, all of it together.
func TestSinceRefuses(t *testing.T) {
	old := load(t, example)
	now := copyOf(t, old)
	now.Nodes[0].Public, now.Nodes[1].Public = now.Nodes[1].Public, now.Nodes[0].Public // swapped
	each(now, "px04.vc.example.com", func(n *plan.Node) { n.Name, n.Roles = "px09.vc.example.com", []plan.Role{plan.Signaling, plan.Media} })
	_, err := now.Since(old)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"px01.vc.example.com gets 198.51.100.41, which is the address of px02.vc.example.com",
		"px02.vc.example.com gets 198.51.100.40, which is the address of px01.vc.example.com",
		"px04.vc.example.com becomes px09.vc.example.com",
		"make two changes",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

// TestFederationSince: what of whom nodes federate with has changed.
func TestFederationSince(t *testing.T) {
	old, now := load(t, "testdata/federation.yaml"), load(t, "testdata/federation.yaml")
	now.Closed, now.Blocked, now.Providers = false, []string{"evil.example", "worse.example"}, nil
	now.Limits = plan.Limits{Calls: 600, Discovered: 20, Outbound: 20}
	steps, err := now.Since(old)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, step := range steps {
		lines = append(lines, step.Do...)
	}
	for _, want := range []string{
		"discovery: off -> on", "block worse.example", "unblock adatum.example", "trust no longer the hosting provider sipfed.host.example",
		"limit on calls of a node: 500 -> 600", "limit on wrong aliases from one address: 20 -> as usual",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no step says %q:\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, line := range lines {
		if strings.Contains(line, "discovered") {
			t.Errorf("unchanged: %s", line)
		}
	}
}
