package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

func (o options) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	if o.quiet {
		level = slog.LevelError
	}
	settings := &slog.HandlerOptions{Level: level}
	if o.logFormat == "json" {
		settings.ReplaceAttr = inert
		return slog.New(slog.NewJSONHandler(w, settings))
	}
	return slog.New(slog.NewTextHandler(w, settings)) // which quotes what is not print
}

// inert replaces what steers a terminal in text that a peer may have written.
// JSON must escape only what lies below a space: U+009B, which begins a command
// like ESC [, and what turns the direction of writing stand in it as they are.
func inert(_ []string, a slog.Attr) slog.Attr {
	if k := a.Value.Kind(); k != slog.KindString && k != slog.KindAny {
		return a
	}
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(visible(v))
	case []string:
		all := make([]string, len(v))
		for i := range v {
			all[i] = visible(v[i])
		}
		a.Value = slog.AnyValue(all)
	case error:
		a.Value = slog.StringValue(visible(v.Error()))
	case fmt.Stringer:
		a.Value = slog.StringValue(visible(v.String()))
	}
	return a
}

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
