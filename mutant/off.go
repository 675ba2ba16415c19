//go:build !mutants

package mutant

import "errors"

// Built tells whether this binary can switch mutants on.
const Built = false

// ErrNotBuilt is what Activate returns from a release binary.
var ErrNotBuilt = errors.New("mutant: this is a release binary; build one with: go build -tags mutants ./cmd/simulator")

// On tells whether the named mutant is switched on: never, in this build.
func On(string) bool { return false }

// Activate refuses: this build holds no mutants.
func Activate(string) error { return ErrNotBuilt }
