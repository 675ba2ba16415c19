// Package result is what the instruments say, as data: the JSON schema of
// every command. Runs write results, reports and comparisons only read them.
package result

import "time"

// Verdict is the one-word outcome of a whole run.
type Verdict string

const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Invalid      Verdict = "invalid"      // load: no figure may be drawn from it
	Inconclusive Verdict = "inconclusive" // an observation failed, or the preamble surprised us
	Error        Verdict = "error"        // the harness itself failed
	Aborted      Verdict = "aborted"      // interrupted; what was measured is written
)

// Run is the head that every result shares.
type Run struct {
	Schema      string    `json:"schema"` // "fedge.check/1", …
	Verdict     Verdict   `json:"verdict"`
	Tool        Tool      `json:"tool"`
	Seed        int64     `json:"seed"`
	Started     time.Time `json:"started"`
	TookSeconds float64   `json:"took_seconds"`
	Command     string    `json:"command,omitempty"` // what reproduces it
	Error       string    `json:"error,omitempty"`   // why Verdict is error
}
