package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

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
	p.Headline = r.headline()
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
	part := &checkPart{Check: c, Path: path, Sections: sections(c)}
	if c.Facts != nil {
		if facts, err := json.MarshalIndent(c.Facts, "", "  "); err == nil {
			part.Facts = string(facts)
		}
	}
	return part
}

func newCallPart(path string, c *result.Call) callPart {
	return callPart{Call: c, Path: path, Ladder: draw(join(path, "ladder"), c.Ladder).cut(legible), Media: newMediaParts(join(path, "media"), c.Media, c.CallID)}
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
		part.Cases = append(part.Cases, casePart{Case: k, Path: at, Open: !settled(k), Ladder: draw(join(at, "transcript"), k.Transcript).cut(boundOf(k))})
	}
	slices.SortStableFunc(part.Cases, func(a, b casePart) int { return cmp.Compare(urgency(a), urgency(b)) })
	return part
}

// urgency puts first what a reader has to see.
func urgency(c casePart) int {
	switch {
	case c.Outcome == result.CaseFail:
		return 0
	case c.Open:
		return 1
	}
	return 2
}

// mostRows is how much of a long run's series the page lists; the JSON has all.
const mostRows = 900

func newLoadPart(path string, l *result.Load) *loadPart {
	return &loadPart{
		Load: l, Path: path, Delays: delays(l), Charts: charts(l.Series),
		Media: newMediaParts(join(path, "media"), l.Media, ""), Rows: min(len(l.Series), mostRows),
	}
}

// NoFigure says what made the run invalid.
func (l *loadPart) NoFigure() string { return noFigure(l.Load) }

// FailureKinds are what calls of an invalid run failed by.
func (l *loadPart) FailureKinds() string { return failureKinds(l.Load) }

// Raw says where the numbers of an invalid run are.
func (*loadPart) Raw() string { return rawNumbers }

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
