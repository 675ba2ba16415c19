package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/result"
)

// NotPlanned is the verdict on outbound calls of a deployment that places
// none.
const NotPlanned result.Verdict = "not-applicable"

// NotTried is the verdict on calls in a direction when nothing that was seen
// speaks against them, and no call was among it.
const NotTried result.Verdict = "not-tried"

// Verdict sums findings up: for calls in, for calls out, and over all.
//
// A required rule that failed makes it fail; so does, when strict, a
// recommended one or a warning. An observation that failed makes it
// inconclusive if nothing else failed. What is not visible from here, and
// what fell to a precondition, has no effect of its own; but what fell to one
// that was not selected has nobody else to speak for it, and is inconclusive.
func Verdict(findings []result.Finding, strict bool) (inbound, outbound, overall result.Verdict) {
	return verdictOf(findings, Inbound, strict), verdictOf(findings, Outbound, strict), verdictOf(findings, Both, strict)
}

// verdictOf takes the findings that matter to calls in one direction; Both
// takes all.
func verdictOf(findings []result.Finding, d Direction, strict bool) result.Verdict {
	if d == Outbound && !planned(findings) {
		return NotPlanned
	}
	verdict := result.Pass
	for _, f := range findings {
		if d != Both && f.Direction != string(d) && f.Direction != string(Both) {
			continue
		}
		switch {
		case f.Outcome == result.RuleFail && (strict || f.Severity == result.Required):
			return result.Fail
		case f.Outcome == result.NotChecked && (f.Why == result.ObservationFailed || orphaned(f, findings)):
			verdict = result.Inconclusive
		}
	}
	return verdict
}

// orphaned tells whether a finding fell to a precondition that is not among the
// findings.
func orphaned(f result.Finding, among []result.Finding) bool {
	cause, fell := strings.CutPrefix(f.Why, "precondition ")
	return fell && !slices.ContainsFunc(among, func(g result.Finding) bool { return g.ID == cause })
}

// uncalled takes back that calls in hold when none was made: DNS, certificates
// and handshakes are not yet a call.
func (c Config) uncalled(inbound result.Verdict, f Facts) (verdict result.Verdict, hint string) {
	called := slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool { return e.Invite != nil })
	switch {
	case inbound != result.Pass || called:
		return inbound, ""
	case c.As.Domain == "":
		return NotTried, "nobody called; to have it tried, add --as FILE, the partner who calls" + c.roomless(", and ", "")
	}
	return NotTried, "nobody called: the plan has no room that calls may go to" + c.roomless("; ", "add ")
}

// roomless says how to name a room, to whom has named none.
func (c Config) roomless(and, add string) string {
	switch {
	case c.Plan == nil || len(c.Plan.Rooms) > 0:
		return ""
	case c.Inferred != nil:
		return and + add + "--room ALIAS@" + c.Plan.Domains[0].Name + ", the room to call"
	}
	return and + "fill in rooms in the plan"
}

// untried takes back that calls out hold when none was seen. It changes neither
// the verdict over all nor the exit code: nobody asked for one.
func (c Config) untried(outbound result.Verdict, f Facts) (verdict result.Verdict, hint string) {
	seen := slices.ContainsFunc(f.Outbound, func(o OutboundCall) bool { return o.Arrived && o.Distrust == "" })
	if outbound != result.Pass || seen {
		return outbound, ""
	}
	if i := slices.IndexFunc(f.Outbound, func(o OutboundCall) bool { return o.Arrived }); i >= 0 { // and the rule that says why was left out
		return NotTried, "no call was let in: " + turnedAway(f.Outbound[i])
	}
	var lacking []string
	if c.As.Domain == "" {
		lacking = append(lacking, "--as FILE, the partner to call")
	}
	if c.Trigger == nil {
		lacking = append(lacking, "--trigger, which makes the nodes call")
	}
	if len(lacking) == 0 {
		return NotTried, "no call from any node arrived"
	}
	return NotTried, "no node was asked to call; to have it tried, add " + strings.Join(lacking, ", and ")
}

// unmet says which partners that are to be reachable were not met: that they are
// neither passed nor failed is easily overlooked.
func unmet(findings []result.Finding) string {
	var partners []string
	for _, f := range findings {
		if f.ID == "DNS-17" && f.Why == result.NotVisible && f.Fix != "" {
			partners = append(partners, f.Subject)
		}
	}
	const most = 4
	switch n := len(partners); {
	case n == 0:
		return ""
	case n > most:
		partners = append(partners[:most], fmt.Sprintf("%d more", n-most))
	}
	return "nothing is said of calls to " + strings.Join(partners, ", ") + ": not every Edge there was seen (DNS-17)"
}

// planned tells whether anything about calls out was there to be judged. Findings
// of which none is about them alone do not say.
func planned(findings []result.Finding) bool {
	silent := true
	for _, f := range findings {
		if f.Direction == string(Outbound) {
			if silent = false; f.Outcome != result.NotApplicable {
				return true
			}
		}
	}
	return silent
}

// Exit codes of a check, as the commands' contract has them.
const (
	exitHolds        = 0
	exitFallsShort   = 1
	exitInconclusive = 3
	exitUnreachable  = 4
	exitBroken       = 5
	exitInterrupted  = 130
)

// ExitCode is what the command returns for a check: the first that applies of
// 130 interrupted, 5 the check itself failed, 4 no address
// of the deployment accepted a connection, 1 it falls short, 3 no verdict may
// be drawn, 0 all that was asked holds. Usage errors (2) never become a check.
func ExitCode(c result.Check) int {
	facts, observed := c.Facts.(Facts)
	switch {
	case c.Verdict == result.Aborted:
		return exitInterrupted
	case c.Verdict == result.Error:
		return exitBroken
	case observed && facts.Unreachable():
		return exitUnreachable
	case c.Verdict == result.Fail:
		return exitFallsShort
	case c.Verdict == result.Inconclusive:
		return exitInconclusive
	}
	return exitHolds
}
