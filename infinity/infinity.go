// Package infinity builds a plan from what a Pexip Infinity platform says of
// itself: a directory of JSON answers of its management API
// (/api/admin/configuration/v1/…), one file a resource. It only reads files.
//
// What the answers do not say is assumed or left to fill in, and either is
// reported; so is what a plan has no words for, and what contradicts the rules
// of the deployment guide. Secrets of the platform stay where they are: no
// value reaches a report unless its field is known to hold none.
package infinity

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"fedge/plan"
)

// fillIn stands in a plan for what a person must write. No plan with it passes.
const fillIn = "FILL-IN"

// Imported is a plan as the platform's answers have it, with remarks on each
// value that was not simply read.
type Imported struct {
	Plan     *plan.Plan
	Comments []plan.Comment
	Report   Report
}

// Read builds a plan from the answers in a directory. Dates of certificates are
// judged at a moment of the caller's. The error is *Problems when files are
// missing or broken: then there is no plan at all, not half of one.
func Read(dir fs.FS, at time.Time) (*Imported, error) {
	answers, err := readAnswers(dir)
	if err != nil {
		return nil, err
	}
	m := &mapping{platform: answers.platform(), at: at, plan: &plan.Plan{From: plan.FromAlways}}
	m.report.Read = answers.read()
	m.global()
	m.domains()
	m.nodes()
	m.pools()
	m.roles()
	m.locations()
	m.certificates()
	m.rooms()
	m.routing()
	m.remaining()
	if err := answers.problems.result(); err != nil { // fields are read as they are mapped
		return nil, err
	}
	in := &Imported{Plan: m.plan, Comments: m.comments, Report: m.report}
	return in, in.refused()
}

// YAML is the plan as a file, with its remarks.
func (in *Imported) YAML() ([]byte, error) {
	return in.Plan.Commented(in.Comments)
}

// refused reports what plan.Parse does not accept of the file yet.
func (in *Imported) refused() error {
	text, err := in.YAML()
	if err != nil {
		return fmt.Errorf("infinity: %w", err)
	}
	_, err = plan.Parse("imported.yaml", text)
	if wrong, ok := errors.AsType[*plan.Problems](err); ok {
		for _, p := range wrong.List {
			in.Report.Refused = append(in.Report.Refused, fmt.Sprintf("line %d: %s; %s", p.Line, p.What, p.Instead))
		}
		return nil
	}
	return err
}

// mapping is a plan in the making.
type mapping struct {
	platform platform
	at       time.Time
	plan     *plan.Plan
	comments []plan.Comment
	report   Report
	workers  []*worker // one for each node of the plan, in its order
}

// Problems is all that is wrong with the files.
type Problems struct {
	List []string
	more int
}

// maxProblems is how many are told; a person mends one after the other.
const maxProblems = 50

// Error has one line for each problem.
func (p *Problems) Error() string {
	text := "infinity: " + strings.Join(p.List, "\ninfinity: ")
	if p.more > 0 {
		text += fmt.Sprintf("\ninfinity: and %d more", p.more)
	}
	return text
}

func (p *Problems) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(p.List, text): // the field was read before
	case len(p.List) == maxProblems:
		p.more++
	default:
		p.List = append(p.List, text)
	}
}

func (p *Problems) result() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}
