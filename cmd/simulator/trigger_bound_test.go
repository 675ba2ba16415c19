package main

import (
	"context"
	"testing"
	"time"

	"fedge/conformance"
)

// TestTriggerThatNeverEnds: a command that goes on for ever, and so does what it
// started, holds nobody up for longer than was granted.
func TestTriggerThatNeverEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := command(ctx, "sleep 30; true", "px01.vc.example.com", conformance.Place{}); err == nil {
		t.Error("it was waited for")
	}
}
