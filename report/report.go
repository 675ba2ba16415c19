// Package report shows results to people and machines: as text in a terminal,
// as JSON, as JUnit XML, and as one self-contained HTML page.
//
// It knows results and captures only, never what made them. What a peer sent
// is hostile here: control characters are shown as escapes, markup as text, and
// SRTP keys not at all.
package report

import (
	"encoding/json"
	"fmt"

	"fedge/result"
)

// Report is one result, ready to be shown. Its methods may be called in any
// order and more than once.
type Report struct {
	raw  []byte // the result as JSON, keys masked
	err  error
	tree tree // of what is shown, for figures by their path

	// What is shown: at most one of them, controls made visible.
	check   *result.Check
	conform *result.Conform
	load    *result.Load
	demo    *result.Demo
	call    *result.OneCall
}

// Check reports on `simulator check`.
func Check(c result.Check) *Report {
	r := &Report{}
	r.check = shown(r, c)
	return r
}

// Conform reports on `simulator conform`.
func Conform(c result.Conform) *Report {
	r := &Report{}
	r.conform = shown(r, c)
	return r
}

// Load reports on `simulator load`.
func Load(l result.Load) *Report {
	r := &Report{}
	r.load = shown(r, l)
	return r
}

// Demo reports on `simulator demo`.
func Demo(d result.Demo) *Report {
	r := &Report{}
	r.demo = shown(r, d)
	return r
}

// Call reports on `simulator call`.
func Call(c result.OneCall) *Report {
	r := &Report{}
	r.call = shown(r, c)
	return r
}

// shown makes the copy of a result that is fit to be shown.
func shown[T any](r *Report, of T) *T {
	var clean T
	if r.raw, r.err = marshal(of); r.err != nil {
		r.err = fmt.Errorf("report: the result is not valid JSON: %w", r.err)
		return &clean
	}
	visible := escapeControls(r.raw)
	if err := json.Unmarshal(visible, &clean); err != nil {
		r.err = fmt.Errorf("report: reading the result back: %w", err)
		return &clean
	}
	if r.tree, r.err = parseTree(visible); r.err != nil {
		r.err = fmt.Errorf("report: reading the result back: %w", r.err)
	}
	return &clean
}
