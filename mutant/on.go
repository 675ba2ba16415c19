//go:build mutants

package mutant

import (
	"fmt"
	"sync/atomic"
)

// Built tells whether this binary can switch mutants on.
const Built = true

// active is the one mutant switched on in this process. A process is one
// known-bad edge, so this is process state by intent, and only in test builds.
var active atomic.Pointer[string]

// On tells whether the named mutant is switched on.
func On(name string) bool {
	on := active.Load()
	return on != nil && *on == name
}

// Activate switches one mutant on; "" switches it off again.
func Activate(name string) error {
	if name == "" {
		active.Store(nil)
		return nil
	}
	if !active.CompareAndSwap(nil, &name) {
		return fmt.Errorf("mutant: %s is on already", *active.Load())
	}
	return nil
}
