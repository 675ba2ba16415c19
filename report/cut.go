package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// bound is how much of a transcript is shown: messages at its beginning and as
// many at its end, and bytes of each. The JSON has all of it: a page that repeats
// it takes a browser minutes to open, and a terminal scrolls it away.
type bound struct{ Messages, Bytes int }

// legible is as much as anybody reads.
var legible = bound{60, 16 << 10}

// gap is what is left out of n messages: those from the one up to before the
// other.
func (b bound) gap(n int) (from, to int) {
	if n <= 2*b.Messages {
		return n, n
	}
	return b.Messages, n - b.Messages
}

// notShown says how many messages were left out.
func notShown(n int) string {
	return fmt.Sprintf("… %s not shown; the JSON (--json) has all of them", plural(n, "message", "messages"))
}

// boundOf is little for what leaves nothing to look into, and for the rest as
// much as anybody reads.
func boundOf(k *result.Case) bound {
	if settled(k) {
		return bound{2, 2 << 10}
	}
	return legible
}

// cut leaves the middle of a drawing out, and the rest of long messages, and
// says so where they were.
func (d drawing) cut(b bound) drawing {
	var rows []rung
	from, to := b.gap(len(d.Rows))
	for i, r := range d.Rows {
		if i == from {
			rows = append(rows, rung{Omitted: to - from})
		}
		if i >= from && i < to {
			continue
		}
		if more := len(r.Text) - b.Bytes; more > 0 {
			r.Text = fmt.Sprintf("%s\n… %s bytes more are in the JSON, at %s", strings.ToValidUTF8(r.Text[:b.Bytes], ""), count(float64(more)), join(r.Path, "text"))
		}
		rows = append(rows, r)
	}
	d.Rows = rows
	return d
}
