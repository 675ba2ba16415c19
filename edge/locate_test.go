package edge

import (
	"math/rand/v2"
	"slices"
	"testing"

	"fedge/dns"
)

func targetsOf(records []dns.SRV) []string {
	var names []string
	for _, r := range records {
		names = append(names, r.Target)
	}
	return names
}

func TestOrder(t *testing.T) {
	first := func(int) int { return 0 }
	last := func(n int) int { return n }
	a := dns.SRV{Target: "a", Priority: 10, Weight: 60}
	b := dns.SRV{Target: "b", Priority: 10, Weight: 20}
	c := dns.SRV{Target: "c", Priority: 10, Weight: 20}
	zero := dns.SRV{Target: "zero", Priority: 10}
	best := dns.SRV{Target: "best", Priority: 1, Weight: 1}
	worst := dns.SRV{Target: "worst", Priority: 20, Weight: 65535}
	tests := []struct {
		name string
		draw func(int) int
		in   []dns.SRV
		want []string
	}{
		{"none", first, nil, nil},
		{"one", last, []dns.SRV{a}, []string{"a"}},
		{"priority before weight", last, []dns.SRV{worst, a, best}, []string{"best", "a", "worst"}},
		{"the draw runs over the sum of weights", func(n int) int { return min(n, 61) }, []dns.SRV{a, b, c}, []string{"b", "c", "a"}},
		{"the last of the sum", last, []dns.SRV{a, b, c}, []string{"c", "b", "a"}},
		{"no weight comes first only when nothing is drawn", first, []dns.SRV{a, zero}, []string{"zero", "a"}},
		{"and last otherwise", func(n int) int { return min(n, 1) }, []dns.SRV{zero, a, b}, []string{"a", "b", "zero"}},
		{"all without weight", last, []dns.SRV{zero, {Target: "none", Priority: 10}}, []string{"zero", "none"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.in)
			if got := targetsOf(inOrder(test.in, test.draw)); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if !slices.Equal(before, test.in) {
				t.Error("the resolver's own records were moved")
			}
		})
	}
}

// Three to one in weight is three to one in first choices (RFC 2782).
func TestOrderKeepsProportion(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	records := []dns.SRV{{Target: "a", Weight: 75}, {Target: "b", Weight: 25}}
	firsts := 0
	const tries = 4000
	for range tries {
		if inOrder(records, func(n int) int { return random.IntN(n + 1) })[0].Target == "a" {
			firsts++
		}
	}
	if share := float64(firsts) / tries; share < 0.71 || share > 0.79 {
		t.Errorf("a came first in %.3f of the tries, want about 0.75", share)
	}
}

func TestNotOffered(t *testing.T) {
	if !notOffered([]dns.SRV{{Target: "."}}) || notOffered(nil) || notOffered([]dns.SRV{{Target: "a"}}) {
		t.Error("only a single record with the root as target says that there is no service")
	}
}
