package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printer lays text out for a terminal. Everything a result says goes through
// it on one line each, so that no peer can fake a line of ours.
type printer struct {
	Style
	buf bytes.Buffer
}

// Text writes the result for a reader at a terminal.
func (r *Report) Text(w io.Writer, s Style) error {
	if r.err != nil {
		return r.err
	}
	p := &printer{Style: s}
	switch {
	case r.check != nil:
		p.check(r.check)
	case r.conform != nil:
		p.conform(r.conform)
	case r.load != nil:
		p.load(r.load)
	case r.demo != nil:
		p.demo(r.demo)
	case r.call != nil:
		p.call(&r.call.Call)
	}
	if _, err := w.Write(p.buf.Bytes()); err != nil {
		return fmt.Errorf("report: writing the text: %w", err)
	}
	return nil
}

// line prints one line. Its arguments are kept on it.
func (p *printer) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = oneLine(s)
		}
	}
	text := fmt.Sprintf(format, args...)
	p.buf.WriteString(strings.TrimRight(text, " "))
	p.buf.WriteByte('\n')
}

func (p *printer) gap() { p.buf.WriteByte('\n') }

// word paints a verdict or an outcome.
func (p *printer) word(w string) string { return p.paint(toneOf(w), oneLine(w)) }

// named prints "name  text", wrapped under itself; nothing if there is no text.
func (p *printer) named(indent int, name, text string) {
	if text == "" {
		return
	}
	const column = 9
	lead := strings.Repeat(" ", indent) + p.paint(faint, fmt.Sprintf("%-*s", column, name))
	rest := strings.Repeat(" ", indent+column)
	for i, l := range wrap(oneLine(text), p.width()-indent-column) {
		if i == 0 {
			p.line("%s%s", lead, l)
		} else {
			p.line("%s%s", rest, l)
		}
	}
}

// command prints "name  command" in one line, as it is: so it can be pasted.
func (p *printer) command(indent int, name, text string) {
	if text != "" {
		p.line("%s%s%s", strings.Repeat(" ", indent), p.paint(faint, fmt.Sprintf("%-9s", name)), text)
	}
}

// wrap breaks text at spaces; a word that is too long stays whole, so that a
// record or a command can be copied.
func wrap(text string, width int) (lines []string) {
	var line strings.Builder
	length := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			lines = append(lines, line.String())
			line.Reset()
			length = 0
		}
		if length > 0 {
			line.WriteByte(' ')
			length++
		}
		line.WriteString(word)
		length += n
	}
	return append(lines, line.String())
}

// table prints columns: the first to the left, the others to the right. Cells
// must not be painted.
func (p *printer) table(indent int, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		var out strings.Builder
		out.WriteString(strings.Repeat(" ", indent))
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i == 0:
				out.WriteString(cell + pad)
			default:
				out.WriteString("  " + pad + cell)
			}
		}
		if n == 0 {
			p.line("%s", p.paint(faint, out.String()))
		} else {
			p.line("%s", out.String())
		}
	}
}

// clip shortens s to n columns.
func clip(s string, n int) string {
	if n < 1 || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
