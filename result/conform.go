package result

// ConformSchema names the JSON of `simulator conform`.
const ConformSchema = "fedge.conform/1"

// CaseOutcome is what came of one conformance case. It only gets worse.
type CaseOutcome string

const (
	CasePass          CaseOutcome = "pass"
	CaseNonstrict     CaseOutcome = "nonstrict"    // a SHOULD was missed
	CaseInconclusive  CaseOutcome = "inconclusive" // the preamble surprised us
	CaseFail          CaseOutcome = "fail"
	CaseError         CaseOutcome = "error" // our fault
	CaseNotApplicable CaseOutcome = "not-applicable"
	CaseSkipped       CaseOutcome = "skipped"
	CaseWithdrawn     CaseOutcome = "withdrawn"     // the case makes no sense; it keeps its ID
	CaseExpectedFail  CaseOutcome = "expected-fail" // known to fail on this target, for the reason in the notes
)

// Case is the judgement of one conformance case.
type Case struct {
	ID          string      `json:"id"` // CON-010
	Title       string      `json:"title"`
	Requirement string      `json:"requirement"`
	Severity    string      `json:"severity"` // MUST, SHOULD, MAY
	Outcome     CaseOutcome `json:"outcome"`
	Class       string      `json:"class,omitempty"` // failure class: timeout, status, framing, closed, media, availability, …
	Expected    string      `json:"expected,omitempty"`
	Actual      string      `json:"actual,omitempty"`
	Refs        []string    `json:"refs"`
	TookSeconds float64     `json:"took_seconds"`
	Transcript  []Line      `json:"transcript,omitempty"`
	Reproduce   string      `json:"reproduce,omitempty"`
	Notes       []string    `json:"notes,omitempty"`
	Flaky       bool        `json:"flaky,omitempty"`     // repeated, it came to different outcomes
	Unclaimed   bool        `json:"unclaimed,omitempty"` // the target does not claim the feature: tested is that it declines it
	Stale       bool        `json:"stale,omitempty"`     // the target's file expects it to fail, and that excuses nothing
	Down        bool        `json:"down,omitempty"`      // the node was not there after it
}

// Line is one entry of a transcript, inside TLS.
type Line struct {
	AtSeconds float64 `json:"at_seconds"` // since the case began
	From      string  `json:"from"`
	To        string  `json:"to"`
	Label     string  `json:"label"` // method, status, or what happened
	Text      string  `json:"text"`
}

// Conform is the result of `simulator conform`.
type Conform struct {
	Run
	Target    string              `json:"target"`
	Mutant    string              `json:"mutant,omitempty"`
	Preflight string              `json:"preflight"`           // "good", or what was wrong
	Unreached bool                `json:"unreached,omitempty"` // no TCP connection came about
	Counts    map[CaseOutcome]int `json:"counts"`
	Flaky     int                 `json:"flaky,omitempty"` // cases whose repetitions disagree
	Cases     []Case              `json:"cases"`
}
