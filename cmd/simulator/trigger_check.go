package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/conformance"
	"fedge/lab"
	"fedge/plan"
)

// byHand is how long an administrator has to make one node dial; those of a plan
// share the time of all.
const byHand = time.Minute

// triggerable says what is wrong with a --trigger whatever the plan turns out
// to be.
func (f *checkFlags) triggerable(byDomain bool) error {
	if f.trigger == "" {
		return nil
	}
	var wrong []error
	if f.as == "" {
		wrong = append(wrong, errors.New("--trigger makes the nodes call a partner, and there is none to be called: add --as FILE, the partner that you are"))
	}
	if f.trigger != "http" {
		if _, err := triggerOf(nil, f.trigger); err != nil {
			wrong = append(wrong, fmt.Errorf("%w; or http alone, for nodes whose plan names an admin address", err))
		}
	} else if byDomain {
		wrong = append(wrong, errors.New("--trigger http asks the admin address that a plan has of each node, and DNS tells none: keep the plan with --save deployment.yaml, fill in admin of each node, and check the file; or say 'http URL', 'command CMD' or manual"))
	}
	return errors.Join(wrong...)
}

// asking makes a node of the plan call to.
type asking func(ctx context.Context, n plan.Node, to string) error

// calling is how --trigger makes the nodes of a plan call, and how long they may
// take; nil, zero: not at all, as long as is usual. Besides what triggerOf reads,
// http alone asks the admin address that the plan has of each.
func (f *checkFlags) calling(cmd *cobra.Command, p *plan.Plan) (asking, time.Duration, error) {
	if f.trigger == "" {
		return nil, 0, nil
	}
	if f.trigger == "http" {
		return func(ctx context.Context, n plan.Node, to string) error { return lab.Trigger(ctx, n, p, to) }, 0, addressed(p)
	}
	pull, err := triggerOf(cmd.ErrOrStderr(), f.trigger)
	if err != nil {
		return nil, 0, err
	}
	ask := func(ctx context.Context, n plan.Node, to string) error {
		placed, err := pull(ctx, n.Name, conformance.Place{Room: p.Caller(), To: to})
		if err != nil {
			return err
		}
		if placed.Status >= http.StatusMultipleChoices {
			return fmt.Errorf("the trigger answered %d: %s", placed.Status, strings.TrimSpace(placed.Body[:min(len(placed.Body), 200)]))
		}
		return nil
	}
	if f.trigger != "manual" {
		return ask, 0, placing(p)
	}
	return ask, byHand * time.Duration(max(1, len(p.Nodes))), placing(p)
}

// placing refuses to make the nodes of a plan call that places no calls: nobody
// would look at them.
func placing(p *plan.Plan) error {
	if p.Outbound || len(p.Nodes) == 0 {
		return nil
	}
	return fmt.Errorf("--trigger: %s says that no calls are placed: write outbound: on, or leave --trigger out", p.Path)
}

// addressed finds what of a plan keeps its nodes from being asked one by one. A
// node alone without an address is told in the result, beside those that called.
func addressed(p *plan.Plan) error {
	wrong := []error{placing(p)}
	if !slices.ContainsFunc(p.Nodes, func(n plan.Node) bool { return n.Admin.IsValid() }) {
		wrong = append(wrong, fmt.Errorf("--trigger http: %s has the admin address of no node: add admin to each, as in admin: 127.0.0.1:9061, or say 'http URL', 'command CMD' or manual", p.Path))
	}
	if p.Caller() == "" {
		wrong = append(wrong, fmt.Errorf("--trigger http: %s has no room that could call: add one with an alias under rooms", p.Path))
	}
	return errors.Join(wrong...)
}
