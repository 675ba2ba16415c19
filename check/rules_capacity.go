package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/plan"
	"fedge/result"
)

// The rules on how much the plan carries: its own arithmetic, in words.

// eachHeadroom judges the arithmetic of every domain that says what to expect,
// and of all together.
func (w *world) eachHeadroom(judge func(subject string, h plan.Headroom) verdict) []verdict {
	var verdicts []verdict
	for _, h := range w.plan.Headroom() {
		subject := h.Domain
		if subject == "" {
			subject = "all domains"
		}
		verdicts = append(verdicts, judge(subject, h))
	}
	if len(verdicts) == 0 {
		return []verdict{unseen("the plan", result.NotVisible, "it does not say what to expect: write expected for the domain, and calls for the nodes")}
	}
	return verdicts
}

// demandFits asks it of all domains together only where each fits by itself:
// one that does not is reason enough.
func demandFits(w *world) []verdict {
	short := false
	return w.eachHeadroom(func(subject string, h plan.Headroom) verdict {
		evidence := demand(h)
		switch {
		case h.Domain == "" && short:
			return blocked(subject, "CAP-01")
		case h.Fits():
			return pass(subject, evidence...)
		}
		short = true
		return fail(subject, fmt.Sprintf("add media nodes for %s %s more, so that any one of them can fail", number(h.Demand-h.Left), h.Unit), evidence...)
	})
}

// demand is the sum as evidence.
func demand(h plan.Headroom) []string {
	var lines []string
	for _, t := range h.Terms {
		lines = append(lines, fmt.Sprintf("%s: %d, together %s", t.What, t.Count, number(t.Sum)))
	}
	left := "no node that its calls can reach mixes media"
	if h.Lost != "" {
		left = fmt.Sprintf("%d nodes carry %s; %s are left without %s", len(h.Nodes), number(h.All), number(h.Left), h.Lost)
	}
	return append(lines, fmt.Sprintf("%s %s are needed; %s", number(h.Demand), h.Unit, left))
}

// number writes a figure as people do: 9, 4.5.
func number(f float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}

func conferencesFit(w *world) []verdict {
	return w.eachHeadroom(func(subject string, h plan.Headroom) verdict {
		if h.Domain == "" {
			return notApplicable(subject, "a conference is in one domain")
		}
		var evidence []string
		v := pass(subject)
		for _, place := range h.Largest {
			line := fmt.Sprintf("a conference of %d that arrives in %s needs %s %s: %s", h.Most, place.Location, number(place.Demand), h.Unit, place)
			if place.Short > 0 {
				line += fmt.Sprintf("; %s find no place", number(place.Short))
				v = fail(subject, fmt.Sprintf("use larger nodes in %s, or let it overflow into another location with free nodes: three of a location is all that a conference gets", place.Location))
			}
			evidence = append(evidence, line)
		}
		v.evidence = evidence
		return v
	})
}

func licensed(w *world) []verdict {
	const subject = "the plan"
	switch have, need := w.plan.Licences, w.plan.Participants(); {
	case need == 0:
		return []verdict{unseen(subject, result.NotVisible, "it does not say what to expect: write expected for the domain")}
	case have == 0:
		return []verdict{unseen(subject, result.NotVisible, fmt.Sprintf("%d participants are expected; write licences: how many the platform has", need))}
	case have < need:
		return []verdict{fail(subject, fmt.Sprintf("add %d licences", need-have), fmt.Sprintf("%d participants are expected, and licences are for %d", need, have))}
	default:
		return []verdict{pass(subject, fmt.Sprintf("%d participants are expected, and licences are for %d", need, have))}
	}
}

// signalingStill is DNS-08 seen from a change: how many there are, and how many
// there may be more. Too many are DNS-08's.
func signalingStill(w *world) []verdict {
	verdicts := make([]verdict, 0, len(w.plan.Domains))
	for _, d := range w.plan.Domains {
		n := len(w.plan.Pool(d.Name))
		if n > mostSignaling {
			verdicts = append(verdicts, blocked(d.Name, "DNS-08"))
			continue
		}
		verdicts = append(verdicts, pass(d.Name, fmt.Sprintf("%d signaling nodes; there may be %d more", n, mostSignaling-n)))
	}
	return verdicts
}

// mostURIs is how many different addresses an Access Edge takes from a partner
// that it discovered.
const mostURIs = 1000

// fewEnough counts whom calls to a partner can come from, and what the plan lets
// nodes send it in a second.
func fewEnough(w *world) []verdict {
	partners := w.plan.Discoverers()
	if v, none := w.staysIn("partners"); none && w.facts.Undecided {
		return []verdict{v}
	} else if none || len(partners) == 0 {
		return []verdict{notApplicable("partners", "the plan places no calls to a partner that is discovered")}
	}
	callers := 0
	for _, r := range w.plan.Rooms {
		callers += len(r.Aliases)
	}
	subject := strings.Join(slices.Compact(partners), ", ")
	evidence := []string{fmt.Sprintf("%d aliases can call; partners that discovered us take %d addresses, and %d messages a second", callers, mostURIs, plan.MostMessages)}
	pace := w.plan.Limits.Outbound // 0: the plan leaves it to the nodes
	if pace > 0 {
		evidence = append(evidence, fmt.Sprintf("limits: outbound: %d: so many messages a second may calls to such a partner cost", pace))
	}
	listed := "ask " + subject + " to list the domain by hand"
	switch {
	case pace > plan.MostMessages:
		return []verdict{fail(subject, fmt.Sprintf("write outbound: %d or less under limits; or %s, and write trust: allowed for who has", plan.MostMessages, listed), evidence...)}
	case callers > mostURIs:
		return []verdict{fail(subject, listed, evidence...)}
	}
	return []verdict{pass(subject, evidence...)}
}
