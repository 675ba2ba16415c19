package main

import (
	"context"
	"errors"
	"strings"

	"fedge/result"
)

// The exit codes of both commands. First that applies: interrupted, harness,
// usage, unreachable, falls short, inconclusive, holds.
const (
	holds        = 0
	fallsShort   = 1
	badUsage     = 2
	inconclusive = 3
	unreachable  = 4
	harness      = 5
	interrupted  = 130
)

// exit is an error that has chosen its exit code. An empty text prints
// nothing: the result on stdout has said it.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}
func (e *exit) Unwrap() error { return e.err }

// drained is the orderly end of a node that was told to stop: no interruption.
var drained = &exit{code: holds}

// usage is an error of the one who typed.
func usage(err error) error { return &exit{code: badUsage, err: err} }

// verdict ends a command by what its result says.
func verdict(v result.Verdict) error {
	switch v {
	case result.Pass:
		return nil
	case result.Fail:
		return &exit{code: fallsShort}
	case result.Invalid, result.Inconclusive:
		return &exit{code: inconclusive}
	case result.Aborted:
		return &exit{code: interrupted}
	}
	return &exit{code: harness}
}

// exitCode maps what a command returned. An error nobody classified is ours.
func exitCode(ctx context.Context, err error) int {
	if err == error(drained) {
		return holds
	}
	if ctx.Err() != nil {
		return interrupted
	}
	if err == nil {
		return holds
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	if strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "unknown flag") {
		return badUsage
	}
	return harness
}
