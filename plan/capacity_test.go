package plan_test

import (
	"math"
	"testing"

	"fedge/plan"
)

// TestHeadroom holds the arithmetic to figures that were worked out by hand.
func TestHeadroom(t *testing.T) {
	calls := plan.Calls{Audio: 172, SD: 22, HD: 9, FullHD: 5}
	for _, c := range []struct {
		name     string
		nodes    int // in the DMZ, each with the calls above; 0: sessions as in the example
		overflow int // further nodes in the cloud
		expected plan.Expected
		demand   float64
		left     float64
		fits     bool
		largest  string
		short    float64
	}{
		// 4 HD, and a backplane of 1 for each of 2 conferences.
		{"HD", 3, 0, plan.Expected{HD: 4, Conferences: 2, Largest: 3}, 6, 18, true, "1 node of dmz", 0},
		// 9/172 + 9/22 + 1 + 9/5, content 1, backplane of a full HD call 9/5.
		{"one of each", 2, 0, plan.Expected{Audio: 1, SD: 1, HD: 1, FullHD: 1, Content: 1, Conferences: 1, Largest: 4}, 6.0614, 9, true, "1 node of dmz", 0},
		// 120 audio calls of 9/172, 10 conferences linked by audio.
		{"audio alone", 2, 0, plan.Expected{Audio: 120, Conferences: 10, Largest: 50}, 6.8023, 9, true, "1 node of dmz", 0},
		// 20 HD and 1 conference on 3 nodes of 8 each beside the backplane.
		{"a large one", 4, 0, plan.Expected{HD: 20, Conferences: 1, Largest: 20}, 23, 27, true, "3 nodes of dmz", 0},
		// 30 HD: three nodes take 24, the fourth may not help.
		{"too large for three", 5, 0, plan.Expected{HD: 30, Conferences: 1, Largest: 30}, 33, 36, true, "3 nodes of dmz", 6},
		{"too large for three, with overflow", 5, 1, plan.Expected{HD: 30, Conferences: 1, Largest: 30}, 34, 45, true, "3 nodes of dmz, 1 of cloud", 0},
		{"one node too few", 2, 0, plan.Expected{HD: 9, Conferences: 1, Largest: 5}, 10, 9, false, "1 node of dmz", 0},
		// A platform of one node links nothing; with it lost, nothing is left.
		{"one node", 1, 0, plan.Expected{HD: 4, Conferences: 2, Largest: 2}, 4, 0, false, "1 node of dmz", 0},
		// Sessions: every participant is one, whatever it sends.
		{"sessions", 0, 0, plan.Expected{HD: 100, Audio: 50, Content: 10, Conferences: 20, Largest: 60}, 180, 300, true, "1 node of dmz", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := load(t, example)
			p.Domains[0].Expected = c.expected
			if c.nodes > 0 {
				p.Nodes = p.Nodes[:1]
				for range c.nodes - 1 {
					p.Nodes = append(p.Nodes, plan.Node{Name: "m.vc.example.com", Location: "dmz", Roles: []plan.Role{plan.Media}})
				}
				for range c.overflow {
					p.Nodes = append(p.Nodes, plan.Node{Name: "c.vc.example.com", Location: "cloud", Roles: []plan.Role{plan.Media}})
				}
				for i := range p.Nodes {
					p.Nodes[i].Calls = calls
				}
			}
			h := p.Headroom()
			if len(h) != 1 {
				t.Fatalf("%d sums", len(h))
			}
			if math.Abs(h[0].Demand-c.demand) > 1e-4 || h[0].Left != c.left || h[0].Fits() != c.fits {
				t.Errorf("demand %.4f of %.1f, fits: %v; want %.4f of %.1f, %v\n%+v", h[0].Demand, h[0].Left, h[0].Fits(), c.demand, c.left, c.fits, h[0])
			}
			if got := h[0].Largest[0]; got.String() != c.largest || math.Abs(got.Short-c.short) > 1e-9 || h[0].Whole() != (c.short == 0) {
				t.Errorf("the largest conference: %s, short of %.2f; want %s, %.2f", got, got.Short, c.largest, c.short)
			}
		})
	}
}

// TestHeadroomOfDomains: each domain by itself, then all that share nodes.
func TestHeadroomOfDomains(t *testing.T) {
	p := load(t, "testdata/capacity.yaml")
	h := p.Headroom()
	if len(h) != 3 || h[0].Domain != "vc.example.com" || h[1].Domain != "meet.example.org" || h[2].Domain != "" {
		t.Fatalf("%+v", h)
	}
	if h[2].All != 45 || h[2].Lost != "px03.vc.example.com" || h[2].Left != 27 || math.Abs(h[2].Demand-h[0].Demand-h[1].Demand) > 1e-9 {
		t.Errorf("together: %+v", h[2])
	}
	if len(h[1].Nodes) != 2 || p.Participants() != 92 {
		t.Errorf("%d nodes, %d participants", len(h[1].Nodes), p.Participants())
	}
	if got := load(t, example).Headroom(); got != nil {
		t.Errorf("where nothing is expected: %+v", got)
	}
}
