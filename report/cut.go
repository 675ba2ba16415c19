package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// bound is how much of a transcript a page shows: messages at its beginning and
// as many at its end, and bytes of each. The JSON has all of it: a page that
// repeats it takes a browser minutes to open.
type bound struct{ Messages, Bytes int }

// boundOf is little for what leaves nothing to look into, and for the rest as
// much as anybody reads.
func boundOf(k *result.Case) bound {
	if settled(k) {
		return bound{2, 2 << 10}
	}
	return bound{60, 16 << 10}
}

// cut leaves the middle of a drawing out, and the rest of long messages, and
// says so where they were.
func (d drawing) cut(b bound) drawing {
	var rows []rung
	for i, r := range d.Rows {
		switch last := len(d.Rows) - b.Messages; {
		case i == b.Messages && i < last:
			rows = append(rows, rung{Omitted: last - i})
			continue
		case i > b.Messages && i < last:
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
