package plan

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong in a plan.
type Problem struct {
	Line, Column int    // both from 1
	What         string // what is wrong
	Instead      string // what to write
}

// Problems is everything that is wrong in a plan, in the order of the file.
type Problems struct {
	File string
	List []Problem
}

// Error has one line for each problem: FILE:LINE:COLUMN: WHAT; INSTEAD.
func (p *Problems) Error() string {
	var text strings.Builder
	for i, one := range p.List {
		if i > 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%s:%d:%d: %s; %s", p.File, one.Line, one.Column, one.What, one.Instead)
	}
	return text.String()
}
