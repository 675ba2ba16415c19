package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fedge/result"
)

// page is what the template shows. Each part knows its path in the JSON.
type page struct {
	Kind     string // check, conform, load, demo, call
	Subject  string
	Headline string
	Asked    string // what was asked, in a sentence or two
	Path     string // of Run
	Run      *result.Run
	Demo     *result.Demo
	Check    *checkPart
	Calls    []callPart
	Conform  *conformPart
	Load     *loadPart
	Next     []next
}

type checkPart struct {
	*result.Check
	Path     string
	Sections []section
	Facts    string // as JSON
}

type callPart struct {
	*result.Call
	Path   string
	Ladder drawing
	Media  []mediaPart
}

type mediaPart struct {
	*result.Media
	Path  string
	Of    string // whose it is, if the page has not said so
	Tones []tonePart
}

type tonePart struct{ Hz, Path string }

type conformPart struct {
	*result.Conform
	Path  string
	Order []result.CaseOutcome // those that occur
	Cases []casePart
}

type casePart struct {
	*result.Case
	Path   string
	Open   bool // needs reading
	Ladder drawing
}

type loadPart struct {
	*result.Load
	Path   string
	Delays []delay
	Charts []chart
	Media  []mediaPart
	Rows   int // of the series that the table shows
}

// CallsTone is the class of the worst call.
func (p page) CallsTone() string {
	tone := "good"
	for _, c := range p.Calls {
		switch class := toneClass(c.Verdict); {
		case class == "bad":
			return class
		case class != "good":
			tone = class
		}
	}
	return tone
}

// next is a command that a reader may want now.
type next struct{ Command, Why string }

func (r *Report) page() page {
	var p page
	switch {
	case r.check != nil:
		p = page{Kind: "check", Subject: r.check.Domain, Run: &r.check.Run, Check: newCheckPart("", r.check)}
		p.Asked = fmt.Sprintf("Is everything right that partners need to call %s and to be called from there: DNS, certificates, names, reachability?", r.check.Domain)
	case r.conform != nil:
		p = page{Kind: "conform", Subject: r.conform.Target, Run: &r.conform.Run, Conform: newConformPart("", r.conform)}
		p.Asked = fmt.Sprintf("Does %s do what the standards and Lync / Skype for Business demand of a federation edge?", r.conform.Target)
	case r.load != nil:
		p = page{Kind: "load", Subject: r.load.Scenario, Run: &r.load.Run, Load: newLoadPart("", r.load)}
		p.Asked = fmt.Sprintf("How does the edge do under this load: %s?", r.load.Scenario)
	case r.call != nil:
		p = page{Kind: "call", Subject: r.call.Call.To, Run: &r.call.Run, Calls: []callPart{newCallPart("call", &r.call.Call)}}
		p.Asked = fmt.Sprintf("One call from %s to %s.", r.call.Call.From, r.call.Call.To)
	case r.demo != nil:
		p = demoPage(r.demo)
	}
	p.Headline = headline(p.Run.Verdict)
	switch {
	case r.check != nil:
		p.Headline = readiness(r.check)
	case r.call != nil && r.call.Verdict == result.Pass:
		p.Headline = "The call works"
	case r.call != nil && r.call.Verdict == result.Fail:
		p.Headline = "The call fails"
	case r.demo != nil && len(r.demo.Faults) > 0 && r.demo.Verdict == result.Fail:
		p.Headline = "Broken on purpose, and it shows"
	case r.demo != nil && r.demo.Verdict == result.Invalid: // of fails and invalids the former would win
		p.Headline = "Nothing fails; but one part says nothing: it was invalid"
	}
	p.Next = nextCommands(p)
	return p
}

func demoPage(d *result.Demo) page {
	p := page{Kind: "demo", Subject: "a deployment and its partner", Run: &d.Run, Demo: d}
	p.Asked = "A conferencing deployment in a public DMZ and a federated Lync / Skype for Business organisation were started on this machine. " +
		"Then: is the deployment set up right, do calls go both ways with protected media, do the nodes keep to the standards, and how fast are they?"
	if d.Check != nil {
		p.Subject = d.Check.Domain
		p.Check = newCheckPart("check", d.Check)
	}
	for i := range d.Calls {
		p.Calls = append(p.Calls, newCallPart(join("calls", i), &d.Calls[i]))
	}
	if d.Conform != nil {
		p.Conform = newConformPart("conform", d.Conform)
	}
	if d.Load != nil {
		p.Load = newLoadPart("load", d.Load)
	}
	return p
}

func newCheckPart(path string, c *result.Check) *checkPart {
	part := &checkPart{Check: c, Path: path, Sections: sections(c.Findings)}
	if c.Facts != nil {
		if facts, err := json.MarshalIndent(c.Facts, "", "  "); err == nil {
			part.Facts = string(facts)
		}
	}
	return part
}

func newCallPart(path string, c *result.Call) callPart {
	return callPart{Call: c, Path: path, Ladder: draw(join(path, "ladder"), c.Ladder), Media: newMediaParts(join(path, "media"), c.Media, c.CallID)}
}

func newMediaParts(path string, all []result.Media, said string) (parts []mediaPart) {
	for i := range all {
		part := mediaPart{Media: &all[i], Path: join(path, i)}
		if all[i].Call != said {
			part.Of = all[i].Call
		}
		for _, hz := range byLevel(all[i].TonesDecibel) {
			part.Tones = append(part.Tones, tonePart{hz, join(part.Path, "tones_db") + "." + escapeKey(hz)})
		}
		parts = append(parts, part)
	}
	return parts
}

func newConformPart(path string, c *result.Conform) *conformPart {
	part := &conformPart{Conform: c, Path: path}
	for _, o := range caseOrder {
		if _, counted := c.Counts[o]; counted {
			part.Order = append(part.Order, o)
		}
	}
	for i := range c.Cases {
		k := &c.Cases[i]
		at := join(path, "cases", i)
		part.Cases = append(part.Cases, casePart{Case: k, Path: at, Open: !settled(k), Ladder: draw(join(at, "transcript"), k.Transcript)})
	}
	return part
}

// mostRows is how much of a long run's series the page lists; the JSON has all.
const mostRows = 900

func newLoadPart(path string, l *result.Load) *loadPart {
	return &loadPart{
		Load: l, Path: path, Delays: delays(l), Charts: charts(l.Series),
		Media: newMediaParts(join(path, "media"), l.Media, ""), Rows: min(len(l.Series), mostRows),
	}
}

// High is the highest percentile of the delay that the sample size supports:
// its words and its name in the JSON.
func (l *loadPart) High() (high struct{ Words, Key string }) {
	d := l.SessionRequestDelaySeconds
	switch {
	case d.P99 != nil:
		high.Words, high.Key = "99 of 100", "p99"
	case d.P95 != nil:
		high.Words, high.Key = "95 of 100", "p95"
	case d.P90 != nil:
		high.Words, high.Key = "9 of 10", "p90"
	default:
		high.Words, high.Key = "Half", "p50"
	}
	return high
}

// headline says the verdict in a sentence, as the exit codes do.
func headline(v result.Verdict) string {
	switch v {
	case result.Pass:
		return "All that was asked holds"
	case result.Fail:
		return "The system under test falls short"
	case result.Invalid:
		return "Invalid: no figure may be drawn from this run"
	case result.Inconclusive:
		return "Inconclusive: no verdict may be drawn"
	case result.Aborted:
		return "Interrupted: what was measured until then is here"
	}
	return "The harness itself failed"
}

// readiness says a check's verdict in a sentence, for whoever answers for the
// deployment.
func readiness(c *result.Check) string {
	in, out := c.Inbound == result.Fail, c.Outbound == result.Fail
	switch {
	case c.Verdict == result.Fail && !slices.ContainsFunc(c.Findings, func(f result.Finding) bool { return kindOf(f) == broken }):
		return "Every required rule holds; --strict asks for the recommended ones too"
	case c.Verdict == result.Pass && c.Inbound == result.Pass && c.Outbound == result.Pass:
		return "Ready for calls in and out, as far as can be seen from here"
	case c.Verdict == result.Pass && c.Inbound == result.Pass:
		return "Ready for calls in, as far as can be seen from here"
	case c.Verdict == result.Fail && in && out:
		return "Not ready, neither for calls in nor out"
	case c.Verdict == result.Fail && in:
		return "Not ready for calls in"
	case c.Verdict == result.Fail && out:
		return "Not ready for calls out"
	}
	return headline(c.Verdict)
}

// nextCommands says what to do now: first about what is wrong, then onward.
func nextCommands(p page) []next {
	var all []next
	if id := worst(p); id != "" {
		all = append(all, next{"simulator explain " + id, "what " + id + " means, why it matters, and what to do about it"})
	}
	if p.Run.Command != "" {
		again := p.Run.Command
		if p.Run.Seed != 0 && !strings.Contains(again, "--seed") {
			again += fmt.Sprintf(" --seed %d", p.Run.Seed)
		}
		why := "the same again, with the same variation"
		if p.Run.Verdict == result.Fail {
			why = "the same again, once it is mended"
		}
		all = append(all, next{again, why})
	}
	if p.Check != nil && !strings.Contains(p.Run.Command, "--lab") && p.Demo == nil {
		// Somebody's own deployment: what is known of it is the plan.
		all = append(all, next{"simulator plan deployment.yaml --zone", "the records to publish; --settings, --firewall and --csr print the rest of what the plan asks for"})
	}
	all = append(all,
		next{"simulator check your-domain.example", "the same check of your own deployment, from outside; nothing there is changed"},
		next{"simulator lab --list-faults", "what can be broken in the lab, one thing at a time, to see how it is found"},
		next{"simulator conform --lab", "what a federation edge must do, case by case"},
	)
	return all[:3]
}

// worst is the id that a reader should look up first.
func worst(p page) string {
	if p.Check != nil && len(p.Check.Sections) > 0 && p.Check.Sections[0].Kind == broken {
		return p.Check.Sections[0].Rules[0].ID
	}
	if p.Conform != nil {
		for _, k := range p.Conform.Cases {
			if k.Outcome == result.CaseFail {
				return k.ID
			}
		}
	}
	return ""
}
