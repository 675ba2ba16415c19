package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"fedge/result"
)

// Ladder writes the messages of a call as a sequence diagram.
func Ladder(w io.Writer, lines []result.Line, s Style) error {
	var r Report
	clean := shown(&r, lines)
	if r.err != nil {
		return r.err
	}
	p := &printer{Style: s}
	p.ladder(*clean)
	if _, err := w.Write(p.buf.Bytes()); err != nil {
		return fmt.Errorf("report: writing the ladder: %w", err)
	}
	return nil
}

// hosts lists who takes part, in order of appearance.
func hosts(lines []result.Line) (names []string, column map[string]int) {
	column = make(map[string]int)
	for _, l := range lines {
		for _, name := range []string{l.From, l.To} {
			if _, known := column[name]; !known && name != "" {
				column[name] = len(names)
				names = append(names, name)
			}
		}
	}
	return names, column
}

const stamp = 13 // columns of the time on the left

func (p *printer) ladder(lines []result.Line) {
	names, column := hosts(lines)
	if len(lines) == 0 {
		return
	}
	pitch := min(44, max(18, (p.width()-stamp)/max(len(names), 1)))
	at := func(i int) int { return stamp + pitch*i + pitch/2 }
	header := newGrid(at(len(names)-1) + pitch/2 + 1)
	for i, name := range names {
		name = clip(oneLine(name), pitch-2)
		header.put(at(i)-utf8.RuneCountInString(name)/2, name)
	}
	p.line("%s", p.paint(bold, header.String()))
	first, next := legible.gap(len(lines))
	for i, l := range lines {
		if i == first {
			p.line("%s%s", strings.Repeat(" ", stamp), notShown(next-first))
		}
		if i >= first && i < next {
			continue
		}
		if l.From == "" && l.To == "" { // nobody's message: something to be said
			p.line("%11s  %s", millis(l.AtSeconds), oneLine(l.Label))
			continue
		}
		row := newGrid(at(len(names)-1) + 1)
		for i := range names {
			row.put(at(i), "│")
		}
		row.put(0, fmt.Sprintf("%11s", millis(l.AtSeconds)))
		from, known := column[l.From]
		to, target := column[l.To]
		label := oneLine(l.Label)
		switch {
		case known && target && from < to:
			row.arrow(at(from), at(to), label, true)
		case known && target && from > to:
			row.arrow(at(to), at(from), label, false)
		case known:
			row.put(at(from)+2, clip(label, pitch-3))
		case target:
			row.put(at(to)+2, clip(label, pitch-3))
		}
		p.line("%s", p.paint(toneOfLabel(l.Label), row.String()))
	}
}

// toneOfLabel colours a line by its status class.
func toneOfLabel(label string) tone {
	switch statusClass(label) {
	case "success":
		return good
	case "redirect":
		return doubt
	case "failure":
		return bad
	case "provisional":
		return faint
	}
	return plain
}

// statusClass sorts labels for colouring: a response by its status, all else is
// a request.
func statusClass(label string) string {
	if len(label) < 3 || strings.Trim(label[:3], "0123456789") != "" {
		return "request"
	}
	switch label[0] {
	case '1':
		return "provisional"
	case '2':
		return "success"
	case '3':
		return "redirect"
	}
	return "failure"
}

// grid is one line of text that is drawn on.
type grid []rune

func newGrid(width int) grid { return grid([]rune(strings.Repeat(" ", width))) }

func (g grid) put(at int, text string) {
	for i, c := range []rune(text) {
		if at+i >= 0 && at+i < len(g) {
			g[at+i] = c
		}
	}
}

// arrow draws from column a to column b, a < b, with its head to the right or
// to the left, and a label within.
func (g grid) arrow(a, b int, label string, right bool) {
	for i := a + 1; i < b; i++ {
		g[i] = '─'
	}
	label = clip(label, b-a-7)
	g.put(a+(b-a-utf8.RuneCountInString(label)-2)/2+1, " "+label+" ")
	if right {
		g[b-1] = '▶'
	} else {
		g[a+1] = '◀'
	}
}

func (g grid) String() string { return strings.TrimRight(string(g), " ") }
