package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fedge/plan"
)

// passes lists a node's rows in short: RULE DIRECTION DESTINATION PORTS.
func passes(p *plan.Plan, node string) []string {
	var out []string
	for _, r := range p.Firewall() {
		if r.Node == node && r.Peer == "" {
			out = append(out, fmt.Sprintf("%s %s %s %s", r.Rule, r.Direction, r.Protocol, r.Ports))
		}
	}
	return out
}

func TestFirewall(t *testing.T) {
	const signals, media = "NET-01 in TCP 5061|NET-01 out TCP 5061|DNS-17 out UDP, TCP 53", "NET-02 in UDP, TCP 40000-49999|NET-02 out UDP, TCP 50000-59999|NET-03 out UDP 3478|NET-03 out TCP 443|NET-04 out TCP 443, 8057"
	const backplane = "NET-07 both UDP, ESP 500"
	for _, c := range []struct {
		name   string
		change func(*plan.Plan)
		node   string
		want   []string
	}{
		{"a node that takes calls", func(*plan.Plan) {}, "px01.vc.example.com", []string{signals, media, backplane}},
		{"a media node that places calls", func(*plan.Plan) {}, "px03.vc.example.com", []string{signals, media, backplane}},
		{"a media node that does not", func(p *plan.Plan) { p.Outbound = false }, "px03.vc.example.com", []string{media, backplane}},
		{"an overflow node", func(p *plan.Plan) { p.Outbound = false }, "px04.vc.example.com", []string{media, backplane}},
		{"a media node that nothing leads to", func(p *plan.Plan) { p.Outbound, p.Locations[0].Overflow = false, nil }, "px04.vc.example.com", []string{backplane}},
		{"signaling alone", func(p *plan.Plan) { role(p, "px01.vc.example.com", plan.Signaling) }, "px01.vc.example.com", []string{signals, backplane}},
		{"a proxy", proxied, "px01.vc.example.com", []string{signals, media, backplane}},
		{"a media node behind proxies", proxied, "px04.vc.example.com", []string{backplane}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := load(t, example)
			c.change(p)
			if got, want := strings.Join(passes(p, c.node), "|"), strings.Join(c.want, "|"); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// proxied makes the DMZ of the example forward media to the cloud.
func proxied(p *plan.Plan) {
	p.Outbound = false
	for i := range 3 {
		p.Nodes[i].Roles = []plan.Role{plan.Signaling, plan.Proxying}
	}
}

// TestBackplane: every node talks to every other, but proxies of different
// locations.
func TestBackplane(t *testing.T) {
	pairs := func(p *plan.Plan) (out []string) {
		for _, r := range p.Firewall() {
			if r.Peer != "" {
				out = append(out, r.Node[:4]+"-"+r.Peer[:4])
			}
		}
		return out
	}
	p := load(t, example)
	if got, want := pairs(p), []string{"px01-px02", "px01-px03", "px01-px04", "px02-px03", "px02-px04", "px03-px04"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	proxied(p)
	p.Locations[0].Overflow = nil
	if got, want := pairs(p), []string{"px01-px02", "px01-px03", "px02-px03"}; !slices.Equal(got, want) {
		t.Errorf("proxies: %v, want %v", got, want)
	}
}

func TestPropose(t *testing.T) {
	p := load(t, example)
	if got := p.Conflicts(); got != nil {
		t.Errorf("conflicts without office365: %v", got)
	}
	p.Office365 = []string{"example.com"}
	if got := p.Conflicts(); got != nil {
		t.Errorf("a subdomain of what Office 365 has is no conflict: %v", got)
	}
	p.Office365 = []string{"vc.example.com"}
	got := p.Conflicts()
	if len(got) != 1 || got[0].Subdomain != "meet.vc.example.com" {
		t.Fatalf("conflicts: %+v", got)
	}
	for _, want := range []plan.Rename{
		{What: "SIP domain", Old: "vc.example.com", New: "meet.vc.example.com"},
		{What: "SRV record", Old: "_sipfederationtls._tcp.vc.example.com", New: "_sipfederationtls._tcp.meet.vc.example.com"},
		{What: "pool host", Old: "sip.vc.example.com", New: "sip.meet.vc.example.com"},
		{What: "node", Old: "px03.vc.example.com", New: "px03.meet.vc.example.com"},
		{What: "alias", Old: "meet.alice@vc.example.com", New: "meet.alice@meet.vc.example.com"},
	} {
		if !slices.Contains(got[0].Names, want) {
			t.Errorf("%+v is not among %+v", want, got[0].Names)
		}
	}
	// What is found elsewhere, in DNS, can be asked for as well; names that the
	// plan uses are not proposed.
	p = load(t, "testdata/two-domains.yaml")
	p.Domains = append(p.Domains, plan.Domain{Name: "vc.eu.vc.example.com", Pool: "sip.vc.eu.vc.example.com"})
	if got := p.Propose("EU.vc.example.com."); got.Subdomain != "meet.eu.vc.example.com" {
		t.Errorf("proposed: %+v", got)
	}
}
