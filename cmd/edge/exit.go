package main

import (
	"context"
	"errors"
	"strings"
)

// The exit codes of the command line's contract that a node can come to.
const (
	holds       = 0
	badUsage    = 2
	harness     = 5
	interrupted = 130
)

// misuse is an error of whoever typed the command or wrote the plan.
type misuse struct{ err error }

func (m *misuse) Error() string { return m.err.Error() }
func (m *misuse) Unwrap() error { return m.err }

func usage(err error) error { return &misuse{err} }

// exitCode maps what a command returned. First that applies: interrupted,
// usage, harness.
func exitCode(ctx context.Context, err error) int {
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return interrupted
	}
	if err == nil {
		return holds
	}
	if _, ok := errors.AsType[*misuse](err); ok || strings.HasPrefix(err.Error(), "unknown command") {
		return badUsage
	}
	return harness
}
