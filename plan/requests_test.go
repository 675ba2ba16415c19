package plan_test

import (
	"reflect"
	"strings"
	"testing"

	"fedge/plan"
)

// brief writes requests as FILE: NAME, NAME on NODE, NODE, without what they share.
func brief(requests []plan.CertificateRequest) []string {
	var out []string
	for _, r := range requests {
		out = append(out, r.File+", CN "+r.CommonName+": "+strings.Join(r.Names, " ")+" on "+strings.Join(r.Nodes, " "))
	}
	return out
}

func TestRequests(t *testing.T) {
	shared := func(p *plan.Plan) { p.Nodes[3].Certificate, p.Nodes[3].Key = "", "" }
	for _, c := range []struct {
		name, file string
		change     func(*plan.Plan)
		want       []string
	}{
		{"calls outward: every node, one certificate", example, shared, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com vc.example.com" +
				" on px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com",
		}},
		{"calls inward only: the nodes behind the SRV record", example, func(p *plan.Plan) { shared(p); p.Outbound = false }, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com vc.example.com on px01.vc.example.com px02.vc.example.com",
		}},
		{"a node with one of its own", example, func(*plan.Plan) {}, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com vc.example.com" +
				" on px01.vc.example.com px02.vc.example.com px03.vc.example.com",
			"px04.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px04.vc.example.com vc.example.com on px04.vc.example.com",
		}},
		{"two nodes with one beside the others', and one with another", example, func(p *plan.Plan) {
			p.Nodes[1].Certificate, p.Nodes[1].Key = "b.pem", "b-key.pem"
			p.Nodes[2].Certificate, p.Nodes[2].Key = p.Nodes[3].Certificate, p.Nodes[3].Key
		}, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com vc.example.com" +
				" on px01.vc.example.com",
			"px02.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px02.vc.example.com vc.example.com on px02.vc.example.com",
			"px03.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px03.vc.example.com px04.vc.example.com vc.example.com on px03.vc.example.com px04.vc.example.com",
		}},
		{"its own, and nobody sees it", example, func(p *plan.Plan) { p.Outbound = false }, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com vc.example.com on px01.vc.example.com px02.vc.example.com",
		}},
		{"one a domain; the second calls in the name of the first", "testdata/two-domains.yaml", func(*plan.Plan) {}, []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com ns.vc.example.com vc.example.com on px01.vc.example.com ns.vc.example.com",
			"px.eu.vc.example.com, CN px.eu.vc.example.com: px.eu.vc.example.com px01.eu.vc.example.com sip.vc.example.com eu.vc.example.com on px01.eu.vc.example.com",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := load(t, c.file)
			c.change(p)
			if got := brief(p.Requests()); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestRequestsSince: in the time of a change a certificate names what nodes go
// by before and after.
func TestRequestsSince(t *testing.T) {
	old := load(t, example)
	for _, c := range []struct {
		name string
		want []string
	}{
		{"add media", []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com px05.vc.example.com vc.example.com" +
				" on px01.vc.example.com px02.vc.example.com px03.vc.example.com px05.vc.example.com",
		}},
		{"promote", nil},
		{"remove", nil},
		{"move", nil},
		{"rename", []string{
			"sip.vc.example.com, CN sip.vc.example.com: sip.vc.example.com px01.vc.example.com px02.vc.example.com mx03.vc.example.com px04.vc.example.com vc.example.com px03.vc.example.com" +
				" on px01.vc.example.com px02.vc.example.com mx03.vc.example.com",
		}},
		{"pool", []string{
			"px.vc.example.com, CN px.vc.example.com: px.vc.example.com px01.vc.example.com px02.vc.example.com px03.vc.example.com px04.vc.example.com vc.example.com sip.vc.example.com" +
				" on px01.vc.example.com px02.vc.example.com px03.vc.example.com",
			"px04.vc.example.com, CN px.vc.example.com: px.vc.example.com px04.vc.example.com vc.example.com sip.vc.example.com on px04.vc.example.com",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := copyOf(t, old)
			changes()[c.name](now)
			if got := brief(now.RequestsSince(old)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
