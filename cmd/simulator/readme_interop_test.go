//go:build interop

package main

import (
	"slices"
	"testing"
)

// TestInteropReadme runs the README's commands that take their time.
func TestInteropReadme(t *testing.T) {
	for _, args := range shown(t) {
		if slices.Contains(long, args[0]) {
			typeIt(t, args)
		}
	}
}
