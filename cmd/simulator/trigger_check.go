package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/check"
	"fedge/conformance"
	"fedge/lab"
	"fedge/plan"
)

// byHand is how long an administrator has to make every node dial: the check
// waits for a call twice as long as for an answer.
const byHand = 45 * time.Second

// setTrigger lets a check ask nodes for calls as --trigger says: besides what
// triggerOf reads, http alone asks the admin address that the plan has of each.
func setTrigger(cmd *cobra.Command, c *check.Config, text string) error {
	p := c.Plan
	switch text {
	case "":
		return nil
	case "http":
		c.Trigger = func(ctx context.Context, n plan.Node, to string) error { return lab.Trigger(ctx, n, p, to) }
		return nil
	case "manual":
		c.Timeout = byHand
	}
	pull, err := triggerOf(cmd, text)
	if err != nil {
		return usage(fmt.Errorf("%w; or http alone, for nodes whose plan names an admin address", err))
	}
	room := callerOf(p)
	c.Trigger = func(ctx context.Context, n plan.Node, to string) error {
		placed, err := pull(ctx, n.Name, conformance.Place{Room: room, To: to})
		if err != nil {
			return err
		}
		if placed.Status >= http.StatusMultipleChoices {
			return fmt.Errorf("the trigger answered %d: %s", placed.Status, strings.TrimSpace(placed.Body[:min(len(placed.Body), 200)]))
		}
		return nil
	}
	return nil
}

// callerOf is the room that is to call: one in another domain if there is one,
// for only such a call shows whether From is rewritten.
func callerOf(p *plan.Plan) (room string) {
	for _, r := range p.Rooms {
		for _, alias := range r.Aliases {
			_, domain, _ := strings.Cut(alias, "@")
			ours := slices.ContainsFunc(p.Domains, func(d plan.Domain) bool { return strings.EqualFold(d.Name, domain) })
			if room == "" || !ours {
				room = alias
			}
			if !ours {
				return room
			}
		}
	}
	return room
}
