package plan_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"fedge/plan"
)

const inside = "testdata/inside.yaml"

// TestInside: nothing of a node inside is for partners, and all of what the
// nodes before it need of it is planned (LOC-06, NET-07).
func TestInside(t *testing.T) {
	p := load(t, inside)
	var outside []string
	for _, n := range p.Outside() {
		outside = append(outside, n.Name)
	}
	if want := []string{"px01.vc.example.com", "px02.vc.example.com"}; !slices.Equal(outside, want) {
		t.Errorf("outside: %v, want %v", outside, want)
	}
	if got, want := brief(p.Requests()), []string{"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com vc.example.com on px01.vc.example.com px02.vc.example.com"}; !slices.Equal(got, want) {
		t.Errorf("requests: %v, want %v", got, want)
	}
	if got, want := p.Names(), p.Requests()[0].Names; !slices.Equal(got, want) {
		t.Errorf("names: %v, want %v", got, want)
	}
	golden(t, "testdata/inside.zone", p.Zone())
	for _, published := range []string{p.Zone(), p.PowerShell()} {
		for _, within := range []string{"inner", "more", "10.1.0.", "10.2.0."} {
			if strings.Contains(published, within) {
				t.Errorf("%s is published:\n%s", within, published)
			}
		}
	}
	for _, node := range []string{"inner1.corp.lan", "inner2.vc.example.com", "more1.corp.lan"} {
		if got := passes(p, node); !slices.Equal(got, []string{"NET-07 both UDP, ESP 500"}) {
			t.Errorf("%s: %v", node, got)
		}
	}
	var pairs []string
	for _, r := range p.Firewall() {
		if r.Peer != "" {
			pairs = append(pairs, r.Source+" "+r.Destination)
		}
	}
	want := []string{
		"10.0.0.40 10.0.0.41", "10.0.0.40 10.1.0.5", "10.0.0.40 10.1.0.6", "10.0.0.40 10.2.0.5", "10.0.0.41 10.1.0.5", "10.0.0.41 10.1.0.6", "10.0.0.41 10.2.0.5",
		"10.1.0.5 10.1.0.6", "10.1.0.5 10.2.0.5", "10.1.0.6 10.2.0.5",
	}
	if !slices.Equal(pairs, want) {
		t.Errorf("between nodes: %v, want %v", pairs, want)
	}
	for _, n := range p.Nodes[:2] {
		if got := strings.Join(passes(p, n.Name), " "); !strings.Contains(got, "NET-02 in") || !strings.Contains(got, "NET-01 in") {
			t.Errorf("%s: %s", n.Name, got)
		}
	}
	set := map[string]string{}
	for _, s := range p.Checklist() {
		for _, one := range s.Settings {
			set[s.Subject+" "+one.Field] = one.Value
		}
	}
	for field, want := range map[string]string{
		"location dmz system_location.transcoding_location": "inner", "location dmz system_location.overflow_location1": "more",
		"node inner1.corp.lan worker_vm.tls_certificate": "", "node inner2.vc.example.com worker_vm.alternative_fqdn": "",
		"platform gateway_routing_rule.outgoing_location": "dmz",
	} {
		if set[field] != want {
			t.Errorf("%s: %q, want %q", field, set[field], want)
		}
	}
}

// TestSinceInside takes the steps of changes inside, and of nodes that come out
// or go in.
func TestSinceInside(t *testing.T) {
	addr := netip.MustParseAddr
	for name, change := range map[string]func(*plan.Plan){
		"one more inside": func(p *plan.Plan) {
			p.Nodes = append(p.Nodes, plan.Node{Name: "inner3.corp.lan", Address: addr("10.1.0.7"), Roles: []plan.Role{plan.Media}, Location: "inner", Capacity: 100})
		},
		"one less":                     func(p *plan.Plan) { drop(p, "inner2.vc.example.com") },
		"another name inside":          func(p *plan.Plan) { p.Nodes[3].Name = "other.vc.example.com" },
		"another address inside":       func(p *plan.Plan) { p.Nodes[3].Address = addr("10.1.0.16") },
		"another location inside":      func(p *plan.Plan) { p.Nodes[3].Location = "more" },
		"another node takes calls too": func(p *plan.Plan) { p.Nodes = append(p.Nodes, proxy("px03.vc.example.com", "198.51.100.42")) },
		"a location comes out": func(p *plan.Plan) {
			drop(p, "inner1.corp.lan")
			p.Locations[1].Inside = false
			p.Nodes[2].Public = addr("198.51.100.61")
		},
		"a node comes out": func(p *plan.Plan) {
			p.Locations = append(p.Locations, plan.Location{Name: "beside"})
			p.Nodes[3].Location, p.Nodes[3].Public = "beside", addr("198.51.100.61")
		},
		"calls are placed no more": func(p *plan.Plan) { p.Outbound = false },
	} {
		t.Run(name, func(t *testing.T) {
			base, changed := load(t, inside), load(t, inside)
			change(changed)
			changed = copyOf(t, changed)
			for what, way := range map[string][2]*plan.Plan{"there": {base, changed}, "back": {changed, base}} {
				steps, err := way[1].Since(way[0])
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if err := walk(way[0], way[1], steps); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func proxy(name, public string) plan.Node {
	return plan.Node{
		Name: name, Address: netip.MustParseAddr("10.0.0.42"), Public: netip.MustParseAddr(public),
		Roles: []plan.Role{plan.Signaling, plan.Proxying}, Location: "dmz",
	}
}
