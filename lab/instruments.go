package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"fedge/check"
	"fedge/dns"
	"fedge/loadtest"
	"fedge/loadtest/scenario"
	"fedge/plan"
)

// CheckConfig is what check needs to look at this world as contoso.
func (w *World) CheckConfig() (check.Config, error) {
	as, err := w.Partner(Contoso, nil)
	if err != nil {
		return check.Config{}, err
	}
	return check.Config{
		Plan: w.Plan, Resolvers: []dns.Resolver{w.Client(), dns.NewClient(w.Second)}, Roots: w.Roots, As: as,
		Trigger: func(ctx context.Context, n plan.Node, to string) error { return Trigger(ctx, n, w.Plan, to) },
	}, nil
}

// Trigger makes a node of ours call out, from the room that shows the most. Its
// errors stand in findings, for whoever runs the node.
func Trigger(ctx context.Context, n plan.Node, p *plan.Plan, to string) error {
	if !n.Admin.IsValid() {
		return fmt.Errorf("%s has no admin address in the plan", n.Name)
	}
	room := p.Caller()
	if room == "" {
		return errors.New("the plan has no room to call from")
	}
	placed, err := place(ctx, n, Place{Room: room, To: to})
	if err != nil {
		return err
	}
	if placed.Status != http.StatusCreated {
		return fmt.Errorf("%s did not call out: %s", n.Name, placed.Why())
	}
	return nil
}

// LoadConfig aims a load run at this world: contoso calls every living
// signaling node, CPU is read by process.
func (w *World) LoadConfig(c *scenario.Config) error {
	org, err := w.Partner(Contoso, nil)
	if err != nil {
		return err
	}
	c.Org = org
	c.Room = scenario.PickRoom(w.Plan, c.Scenario.Media)
	for _, child := range w.children {
		c.Target.PIDs = append(c.Target.PIDs, child.pid())
	}
	for _, n := range w.Plan.Signaling() {
		if w.Lives(n.Name) {
			c.Nodes = append(c.Nodes, n.PublicAddr())
		}
	}
	c.Target.Limiters = w.refusals
	return nil
}

// refusals counts how often the nodes turned a link or a message away: while
// they do, a figure says what the limit is set to, not what the node can do.
func (w *World) refusals(ctx context.Context) (float64, error) {
	total := 0.0
	for _, n := range w.Plan.Signaling() {
		if !w.Lives(n.Name) {
			continue
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Admin.String()+"/metrics", nil)
		if err != nil {
			return 0, err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		count, err := loadtest.Counters(answer.Body, "edge_links_refused_total", "edge_gate_refusals_total")
		answer.Body.Close()
		if err != nil {
			return 0, err
		}
		total += count
	}
	return total, nil
}

// Lives tells whether a node came up.
func (w *World) Lives(node string) bool {
	for _, h := range w.Hosts {
		if h.Name == node {
			return h.PID != 0
		}
	}
	return false
}
