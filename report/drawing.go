package report

import (
	"unicode/utf8"

	"fedge/result"
)

// drawing is a ladder diagram, ready to be drawn as SVG: a heading row of hosts
// and one row a message, each of which opens on the message's text.
type drawing struct {
	Width int
	Heads []head
	Rows  []rung
}

// head is a host above its lifeline.
type head struct {
	X    int
	Name string // clipped
	Full string
}

// rung is one message between lifelines.
type rung struct {
	result.Line
	Path  string
	Class string // request, provisional, success, redirect, failure
	Lines []int  // the lifelines' x
	// From and To are the arrow's ends; both the same for what happens at one
	// host only.
	From, To int
	Head     int // the arrow head's base
	Middle   int // of the label
	Clipped  string
	Omitted  int // no message, but so many that are left out here
}

// A ladder fills the page's width as far as its hosts allow.
const (
	timeWidth = 110
	pageWidth = 1020
	laneLeast = 190
	laneMost  = 400
)

// draw lays a ladder out.
func draw(path string, lines []result.Line) drawing {
	names, column := hosts(lines)
	lane := min(max((pageWidth-timeWidth)/max(len(names), 1), laneLeast), laneMost)
	d := drawing{Width: timeWidth + lane*max(len(names), 1)}
	var lanes []int
	for i, name := range names {
		x := timeWidth + lane*i + lane/2
		lanes = append(lanes, x)
		d.Heads = append(d.Heads, head{x, clip(name, lane/8), name})
	}
	for i, l := range lines {
		r := rung{Line: l, Path: join(path, i), Class: statusClass(l.Label), Lines: lanes}
		from, known := column[l.From]
		to, target := column[l.To]
		switch {
		case known && target:
			r.From, r.To = lanes[from], lanes[to]
		case known:
			r.From, r.To = lanes[from], lanes[from]
		case target:
			r.From, r.To = lanes[to], lanes[to]
		default:
			r.From, r.To = timeWidth, timeWidth
		}
		r.place(lane)
		d.Rows = append(d.Rows, r)
	}
	return d
}

// place puts the arrow's head and the label.
func (r *rung) place(lane int) {
	const headLength, charWidth = 9, 8
	room := max(r.From-r.To, r.To-r.From)
	switch {
	case r.To > r.From:
		r.Head = r.To - headLength
	case r.To < r.From:
		r.Head = r.To + headLength
	default:
		room = lane
		r.Head = r.To
	}
	r.Middle = (r.From + r.To) / 2
	r.Clipped = clip(r.Label, room/charWidth-2)
	if r.From == r.To {
		r.Middle = r.From + 10 + utf8.RuneCountInString(r.Clipped)*charWidth/2
	}
}
