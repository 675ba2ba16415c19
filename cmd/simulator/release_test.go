//go:build !mutants

package main

import (
	"strings"
	"testing"
)

// TestMutantFlag: a release binary refuses defects and prints how to build one
// that has them.
func TestMutantFlag(t *testing.T) {
	code, _, stderr := typed(t, "conform", "--lab", "--mutant", "dlg.bye-unanswered")
	if code != badUsage || !strings.Contains(stderr, "go build -tags mutants ./cmd/simulator") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
