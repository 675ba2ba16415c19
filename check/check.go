// Package check proves a deployment before people depend on it: it observes
// what DNS, TLS and SIP show from outside, and judges that against the plan,
// rule by rule.
//
// Observing and judging are apart. [Observe] is a handful of packets, bounded
// in time; what it saw is [Facts]. [Judge] is a pure function of the plan and
// the facts: it can be run again on facts from a file, and each rule of the
// catalogue is tested on facts written by hand.
package check

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/capture"
	"fedge/dns"
	"fedge/lync"
	"fedge/plan"
	"fedge/result"
	"fedge/sip/link"
)

// Config says what to check, and as whom.
type Config struct {
	Plan      *plan.Plan
	Inferred  *Inference     // the plan was not given, but inferred from the facts; nil: it was given
	Resolvers []dns.Resolver // all are asked; the first serves the observing partner
	Roots     *x509.CertPool // whom partners trust; nil: the system's

	// As is the partner that the deployment is observed as: Domain, Edge and
	// Certificate; Listen or Listener (which is closed in the end) and an Edge
	// that DNS leads to, if nodes are to call it. Without a Domain no SIP is spoken, and what only a
	// partner can see is not-checked.
	As lync.Config

	// Trigger makes a node call a URI. An error says why it could not; one
	// that comes after the INVITE arrived does no harm. Nil: no outbound calls
	// are observed. It may be called for several nodes at a time.
	Trigger func(ctx context.Context, node plan.Node, to string) error

	Dial     link.DialFunc     // nil: TCP from As.Address
	Recorder *capture.Recorder // nil: no transcript
	Timeout  time.Duration     // of each step: a question, a handshake, an answer; 4 s
	CallWait time.Duration     // from asking a node for a call until it comes; twice Timeout
	Progress func(string)      // hears what is being done; nil: nobody

	Strict     bool     // recommended rules and warnings count like required ones
	Only, Skip []string // rule ids to report on, and not to; empty: all, none
}

// defaultTimeout keeps a whole check under 15 s when nothing answers, or rings for
// ever.
const defaultTimeout = 4 * time.Second

// Run observes and judges. It always returns a whole result: when the check
// could not be done its Verdict is error, when ctx ended it is aborted, and
// Error says why; what was observed by then is judged all the same. Tool, Seed
// and Command are for the caller to fill in.
func Run(ctx context.Context, cfg Config) result.Check {
	c := result.Check{Run: result.Run{Schema: result.CheckSchema, Started: time.Now().UTC()}, Findings: []result.Finding{}}
	facts, err := cfg.observe(ctx)
	c.Facts = facts
	switch {
	case ctx.Err() != nil:
		c.Verdict, c.Error = result.Aborted, context.Cause(ctx).Error()
	case err != nil:
		c.Verdict, c.Error = result.Error, err.Error()
	}
	if cfg.valid() == nil || cfg.Inferred != nil {
		c.Domain, c.PassedOver = cfg.Plan.Domains[0].Name, cfg.Inferred.passedOver()
		all := cfg.Inferred.hedge(Judge(cfg.Plan, facts))
		outward := planned(all)
		c.Findings = Select(all, cfg.Only, cfg.Skip)
		var overall result.Verdict
		if c.Inbound, c.Outbound, overall = Verdict(c.Findings, cfg.Strict); !outward {
			c.Outbound = NotPlanned
		}
		c.Inbound, c.InboundHint = cfg.uncalled(c.Inbound, facts)
		c.Outbound, c.OutboundHint = cfg.untried(c.Outbound, facts)
		if ctx.Err() != nil { // it may be the interrupt alone that kept calls from being tried
			c.Inbound, c.InboundHint = unhurt(c.Inbound), ""
			c.Outbound, c.OutboundHint = unhurt(c.Outbound), ""
		}
		c.OutboundHint = strings.Join(slices.DeleteFunc([]string{c.OutboundHint, unmet(c.Findings)}, func(s string) bool { return s == "" }), "; ")
		if c.Verdict == "" {
			c.Verdict = overall
		}
	}
	c.TookSeconds = time.Since(c.Started).Seconds()
	return c
}

// Select keeps the findings of some rules, and drops those of others. Empty
// lists keep all and drop none.
func Select(findings []result.Finding, only, skip []string) []result.Finding {
	named := func(list []string, id string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, id) })
	}
	return slices.DeleteFunc(findings, func(f result.Finding) bool {
		return len(only) > 0 && !named(only, f.ID) || named(skip, f.ID)
	})
}

// valid says what of a configuration nothing can be observed without.
func (c Config) valid() error {
	var problems []error
	if c.Plan == nil || len(c.Plan.Domains) == 0 || len(c.Plan.Nodes) == 0 {
		problems = append(problems, errors.New("check: there is no plan with a domain and a node to check against"))
	}
	if len(c.Resolvers) == 0 {
		problems = append(problems, errors.New("check: there is no resolver to ask"))
	}
	if c.As.Domain != "" && (c.As.Edge == "" || len(c.As.Certificate.Certificate) == 0) {
		problems = append(problems, errors.New("check: the partner to observe as needs an Edge and its certificate"))
	}
	for _, id := range slices.Concat(c.Only, c.Skip) {
		if _, known := Find(id); !known {
			problems = append(problems, fmt.Errorf("check: there is no rule %q; --list shows them all", id))
		}
	}
	return errors.Join(problems...)
}
