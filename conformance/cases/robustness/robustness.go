// Package robustness holds the cases about what a peer can make a node hold,
// wait for and work on: whoever connects must not be able to take it from the
// others.
package robustness

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(sizes(), slow(), floods(), abandoned(), mistakes(), lasting())
}

// bound is how long the nodes of these cases wait for what a peer owes them.
const bound = 300 * time.Millisecond

// patience is when such a node must have given up, also on a busy machine.
const patience = 3 * time.Second

// varied runs a case on another node of the same world.
func varied(v conformance.Variant, run func(context.Context, *conformance.Stand) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		node, err := s.Variant(ctx, v)
		if err != nil {
			return conformance.Preamble(err)
		}
		return run(ctx, node)
	}
}

// served wants another partner's connection to be made and its OPTIONS to be
// answered within a step's time: nobody else may feel what the case does.
func served(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Unavailable("another connection to be served meanwhile", err)
	}
	defer p.Abort()
	return alive(ctx, s, p)
}

// alive wants OPTIONS answered on a connection that is there.
func alive(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	answer, err := p.Ask(ctx, s.Options(s.Target.Partner))
	if err != nil {
		return about(err, "OPTIONS on another connection answered meanwhile")
	}
	return conformance.Gets(answer, 200, 404, 405, 480, 501)
}

// about says what was expected in a case's own words.
func about(err error, format string, args ...any) error {
	if m, ok := conformance.AsMismatch(err); ok {
		m.Expected = fmt.Sprintf(format, args...)
	}
	return err
}

// settles reads the node's own figures until every one of them is back where it
// was, at most for limit.
func settles(ctx context.Context, s *conformance.Stand, before conformance.Inside, limit time.Duration, names ...string) error {
	for deadline := time.Now().Add(limit); ; {
		now, err := s.Inside(ctx)
		if err != nil {
			return err
		}
		high := slices.IndexFunc(names, func(name string) bool { return now[name] > before[name] })
		if high < 0 {
			return nil
		}
		if name := names[high]; time.Now().After(deadline) {
			return &conformance.Mismatch{
				Class:    conformance.Content,
				Expected: fmt.Sprintf("%s back at %.0f after %s", name, before[name], limit),
				Actual:   fmt.Sprintf("%.0f", now[name]),
				Span:     limit,
			}
		}
		if err := s.Wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// exported says whether the node tells all of these figures.
func exported(now conformance.Inside, names ...string) error {
	for _, name := range names {
		if _, there := now[name]; !there {
			return fmt.Errorf("robustness: the node does not export %s", name)
		}
	}
	return nil
}

// held are the figures of what a node holds for its peers.
var held = []string{"edge_sip_sessions_in_progress", "edge_sip_transactions", "edge_sip_dialogs"}

// options begins an OPTIONS for the node.
func options(s *conformance.Stand) *raw.Builder {
	return s.Request("OPTIONS", "sip:"+s.Target.Node, s.Target.Partner, s.CallID())
}
