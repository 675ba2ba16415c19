package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fedge/result"
)

func (p *printer) load(l *result.Load) {
	p.head("load", l.Scenario, l.Run)
	p.figures(l)
	p.foot(l.Run)
}

// figures prints what came of a run, if it is one from which figures may be drawn.
func (p *printer) figures(l *result.Load) {
	if l.Invalid() {
		p.noFigures(l)
		return
	}
	p.line("  offered %s on %s: %s, %s established, %s", rate(l.OfferedRate), plural(l.Trunks, "trunk", "trunks"),
		plural(int(l.Attempts), "call", "calls"), percent(l.SessionEstablishmentRatio), rate(l.SessionEstablishmentRate))
	if l.Bounds != nil {
		p.line("  it takes at least %s and less than %s", rate(l.Bounds.Lower), rate(l.Bounds.Upper))
	}
	p.gap()
	rows := [][]string{{"delay", "p50", "p90", "p95", "p99", "p99.9", "max", "calls"}}
	for _, d := range delays(l) {
		row := []string{d.Name}
		for _, v := range []*float64{d.P50, d.P90, d.P95, d.P99, d.P999, d.Max} {
			row = append(row, orDash(v, seconds))
		}
		rows = append(rows, append(row, count(float64(d.N))))
	}
	p.table(2, rows)
	p.gap()
	p.named(2, "cpu", fmt.Sprintf("target %s, generator %s", seconds(l.CPU.Target), seconds(l.CPU.Generator)))
	p.named(2, "failures", failures(l.Failures))
	p.objectives(l)
	p.validity(l.Validity)
	p.media("", l.Media)
}

// noFigures prints of an invalid run why it is that and what to do: its numbers
// would be taken for the target's, whatever stood beside them.
func (p *printer) noFigures(l *result.Load) {
	p.line("  %s on %s: no figure may be drawn from them", plural(int(l.Attempts), "call", "calls"), plural(l.Trunks, "trunk", "trunks"))
	p.gap()
	p.validity(l.Validity)
	p.named(2, "failures", failureKinds(l))
	p.objectives(l)
	p.named(2, "raw", rawNumbers)
}

// rawNumbers say where the numbers of an invalid run are.
const rawNumbers = "what was measured is in the JSON (--json FILE), marked invalid: it says more about the test than about the edge"

// failureKinds are what calls of an invalid run failed by, for they may say why it
// is that; how many did is no more to be believed than the rest.
func failureKinds(l *result.Load) string {
	kinds := slices.DeleteFunc(slices.Sorted(maps.Keys(l.Failures)), func(kind string) bool { return l.Failures[kind] == 0 })
	if len(kinds) == 0 {
		return ""
	}
	return strings.Join(kinds, ", ") + "; how many is in the JSON"
}

func (p *printer) objectives(l *result.Load) {
	for _, o := range l.Objectives {
		p.line("  %s fail if %s: %s", p.word(string(o.Outcome)), o.FailIf, measured(o))
	}
}

// measured is what an objective was judged by, or why it was not.
func measured(o result.Objective) string {
	if o.Value == nil && o.Why != "" {
		return "not judged, " + o.Why
	}
	return orDash(o.Value, number)
}

// delay is one histogram and what it is called.
type delay struct {
	Name, Key, Meaning string
	result.Percentiles
}

// Keys are the percentiles' names in the JSON.
func (delay) Keys() []string { return []string{"p50", "p90", "p95", "p99", "p999", "max"} }

func delays(l *result.Load) []delay {
	return []delay{
		{"answer, from plan", "session_request_delay_seconds", "from when the call was due to its answer", l.SessionRequestDelaySeconds},
		{"answer, from sent", "session_request_delay_from_sent_seconds", "from when the INVITE was sent to its answer", l.SessionRequestDelayFromSent},
		{"hang-up", "session_disconnect_delay_seconds", "from BYE to its answer", l.SessionDisconnectDelaySeconds},
	}
}

// validity prints the detectors that object, and counts the others.
func (p *printer) validity(vs []result.Validity) {
	by := make(map[string]int)
	for _, v := range vs {
		by[v.Outcome]++
		if v.Outcome == "invalid" {
			p.line("  %s %s is %s, the limit is %s", p.word(v.Outcome), v.Detector, inUnit(v.Value, v.Unit), inUnit(v.Limit, v.Unit))
			p.named(4, "", v.Detail)
			p.named(4, "do", v.Fix)
		}
	}
	var sums []string
	for _, o := range slices.Sorted(maps.Keys(by)) {
		sums = append(sums, fmt.Sprintf("%d %s", by[o], o))
	}
	p.named(2, "valid", plural(len(vs), "detector: ", "detectors: ")+strings.Join(sums, ", "))
}

func failures(f map[string]int64) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(f)) {
		if f[kind] > 0 {
			parts = append(parts, count(float64(f[kind]))+" "+kind)
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// orDash shows a figure that may be missing.
func orDash(v *float64, show func(float64) string) string {
	if v == nil {
		return "–"
	}
	return show(*v)
}
