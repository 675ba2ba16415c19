package result

// CheckSchema names the JSON of `simulator check`.
const CheckSchema = "fedge.check/1"

// Severity says what a rule's failure means.
type Severity string

const (
	Required    Severity = "required"
	Recommended Severity = "recommended"
	Warning     Severity = "warning"
)

// Outcome is what came of one rule on one subject.
type Outcome string

const (
	RulePass      Outcome = "pass"
	RuleFail      Outcome = "fail"
	NotChecked    Outcome = "not-checked"    // Why says why
	NotApplicable Outcome = "not-applicable" // the plan does not ask for it
)

// Why values of a rule that was not checked; "precondition ID" names the
// finding it fell to.
const (
	NotVisible        = "not-visible"        // cannot be seen from here; no effect on the verdict
	ObservationFailed = "observation-failed" // exit 3
)

// Finding is one rule's judgement of one subject.
type Finding struct {
	ID       string   `json:"id"` // DNS-01, CRT-03, …
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	// Direction says which calls it matters to: inbound, outbound, both.
	Direction string   `json:"direction"`
	Outcome   Outcome  `json:"outcome"`
	Why       string   `json:"why,omitempty"`
	Subject   string   `json:"subject"`            // the name, node or record it is about
	Evidence  []string `json:"evidence,omitempty"` // what was seen: record, certificate field, header
	Symptom   string   `json:"symptom,omitempty"`  // what the SfB side sees, with its ms-diagnostics id
	Fix       string   `json:"fix,omitempty"`      // the literal record, name or setting
}

// Check is the result of `simulator check`.
type Check struct {
	Run
	Domain   string  `json:"domain"`
	Inbound  Verdict `json:"inbound"`
	Outbound Verdict `json:"outbound"`
	// InboundHint says how to have calls in tried when none was made; empty if
	// some were.
	InboundHint string `json:"inbound_hint,omitempty"`
	// OutboundHint says how to have calls out tried when none was, and which
	// partners were not met; empty if some were tried and all met, or none are
	// planned.
	OutboundHint string `json:"outbound_hint,omitempty"`

	// PassedOver are names that may be a node's, and were not taken for one when
	// the plan was inferred: why not, and what to do if they are. Nothing was
	// judged of them.
	PassedOver []string `json:"passed_over,omitempty"`

	Findings []Finding `json:"findings"`
	Facts    any       `json:"facts"` // what was observed, as check.Facts
}
