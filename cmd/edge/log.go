package main

import (
	"io"
	"log/slog"

	"fedge/inert"
)

// logger logs to w, with nothing in it that steers a terminal: peers wrote some
// of what is logged, and JSON escapes only what lies below a space.
func (o options) logger(w io.Writer) *slog.Logger {
	w = inert.Writer(w)
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	if o.quiet {
		level = slog.LevelError
	}
	settings := &slog.HandlerOptions{Level: level}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, settings))
	}
	return slog.New(slog.NewTextHandler(w, settings))
}
