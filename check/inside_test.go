package check

import (
	"fmt"
	"strings"
	"testing"

	"fedge/certs"
	"fedge/plan"
)

// TestInside: nodes that partners never meet are neither looked for nor judged,
// but by the rules that look at the plan alone.
func TestInside(t *testing.T) {
	p, err := plan.Load("testdata/plans/inside.yaml")
	must(t, err)
	f := cleanFacts(p)
	f.certificates(func(c *certs.Facts) { c.Names = p.Names() })
	for _, g := range Judge(p, *f) {
		if strings.Contains(strings.Join(g.Evidence, " "), "public 10.1.0.") {
			t.Errorf("%s takes a node inside for a public one: %s", g.ID, g.Evidence)
		}
		if said := fmt.Sprint(g); !strings.HasPrefix(g.ID, "LOC-") && (strings.Contains(said, "inner") || strings.Contains(said, "10.1.0.")) {
			t.Errorf("%s is about a node inside: %s", g.ID, said)
		}
	}
	o := &observer{cfg: Config{Plan: p}}
	var met []string
	for _, one := range o.planned() {
		met = append(met, one.node)
	}
	for _, one := range newReception(o.cfg, noon).nodes {
		met = append(met, one.Name)
	}
	if got, want := strings.Join(met, " "), "px01.vc.example.com px02.vc.example.com px01.vc.example.com px02.vc.example.com"; got != want {
		t.Errorf("looked at %s, want %s", got, want)
	}
}
