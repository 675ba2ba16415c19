package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"fedge/result"
)

// The JUnit format as CI servers read it; nobody owns a schema of it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class      string           `xml:"classname,attr"`
		Name       string           `xml:"name,attr"`
		Time       string           `xml:"time,attr"`
		Properties *junitProperties `xml:"properties"`
		Skipped    *junitProblem    `xml:"skipped"`
		Error      *junitProblem    `xml:"error"`
		Failure    *junitProblem    `xml:"failure"`
		Out        string           `xml:"system-out,omitempty"`
	}
	junitProperties struct {
		Property []junitProperty `xml:"property"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes one testcase for each finding, case, detector, objective, step
// and call; findings and cases are in a suite for each area (DNS, CRT, …). What could not be judged is an error, of type inconclusive,
// observation-failed or invalid; what was not asked for is skipped.
func (r *Report) JUnit(w io.Writer) error {
	if r.err != nil {
		return r.err
	}
	var suites []junitSuite
	var run result.Run
	switch {
	case r.check != nil:
		run, suites = r.check.Run, checkSuites(r.check)
	case r.conform != nil:
		run, suites = r.conform.Run, conformSuites(r.conform)
	case r.load != nil:
		run, suites = r.load.Run, []junitSuite{loadSuite(r.load)}
	case r.demo != nil:
		run, suites = r.demo.Run, demoSuites(r.demo)
	case r.call != nil:
		suites = []junitSuite{callSuite(r.call.Run, []result.Call{r.call.Call})}
	}
	all := junitSuites{Name: "fedge", Time: junitTime(run.TookSeconds), Suites: suites}
	for _, s := range suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("report: making the JUnit XML: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, text); err != nil {
		return fmt.Errorf("report: writing the JUnit XML: %w", err)
	}
	return nil
}

// suiteOf puts cases into a suite and counts them.
func suiteOf(name string, run result.Run, cases []junitCase, properties ...junitProperty) junitSuite {
	s := junitSuite{Name: strings.TrimSpace(name), Tests: len(cases), Time: junitTime(run.TookSeconds), Cases: cases}
	if !run.Started.IsZero() {
		s.Timestamp = run.Started.UTC().Format(time.RFC3339)
	}
	named := make(map[[2]string]int)
	for i, c := range cases {
		// Servers take two cases of one name for one case.
		same := [2]string{c.Class, c.Name}
		if named[same]++; named[same] > 1 {
			cases[i].Name += " " + strconv.Itoa(named[same])
		}
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Properties = append([]junitProperty{
		{"verdict", string(run.Verdict)}, {"seed", strconv.FormatInt(run.Seed, 10)},
		{"version", run.Tool.Version}, {"commit", run.Tool.Commit}, {"go", run.Tool.Go}, {"command", run.Command},
	}, properties...)
	return s
}

// junitTime is seconds as JUnit has them.
func junitTime(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// judged makes a testcase of something that has a verdict.
func judged(class, name string, v result.Verdict, took float64, detail string) junitCase {
	c := junitCase{Class: class, Name: name, Time: junitTime(took)}
	problem := &junitProblem{Type: string(v), Message: detail}
	switch v {
	case result.Pass:
		c.Out = detail
	case result.Fail:
		c.Failure = problem
	default:
		c.Error = problem
	}
	return c
}
