package stack

import (
	"container/list"
	"context"
	"slices"

	"fedge/capture"
	"fedge/mutant"
)

// unsent is a request of ours that waits for its turn.
type unsent struct {
	conn  *conn
	tx    *clientTx // nil: nobody waits for its answer
	bytes []byte
	label capture.Label
}

// row is what one dialog has waiting, in the order of its CSeqs. Rows take
// turns, so that a call that asks for much does not delay another's BYE.
type row struct {
	meter  *meter
	dialog *Dialog
	unsent []unsent
	line   *list.List
	place  *list.Element
}

// send sends what must not wait: ACK, CANCEL, answers and copies. It counts all
// the same, so that what can wait waits longer.
func (c *conn) send(b []byte, l capture.Label) {
	if c.meter != nil {
		c.meter.count()
	}
	_ = c.link.Send(b, l) // if the link is over, its reader knows
}

// reply is send without the lock.
func (c *conn) reply(b []byte, l capture.Label) {
	if c.meter != nil {
		c.meter.loose.Add(1)
	}
	_ = c.link.Send(b, l)
}

// ask sends a request of a dialog's as soon as its partner takes it; only then
// its time runs. It does not block.
func (c *conn) ask(d *Dialog, u unsent) {
	start := u.tx != nil && u.tx == d.firstCall
	if c.meter == nil || !start && mutant.On("trust.pace-starts") {
		u.send()
		return
	}
	m := c.meter
	r := m.rows[d]
	if r == nil {
		r = &row{meter: m, dialog: d, line: &m.within}
		if start {
			r.line = &m.starts
		}
		r.place = r.line.PushBack(r)
		m.rows[d] = r
	}
	if u.tx != nil {
		u.tx.row = r
	}
	r.unsent = append(r.unsent, u)
	if d.unsent++; d.unsent == 1 {
		d.said = make(chan struct{})
	}
	m.run()
	if start && u.tx.row != nil {
		m.s.timers.start(&u.tx.timer, m.s.cfg.Timers.Seconds(longestTurn))
	}
}

// send sends the request at last.
func (u unsent) send() {
	_ = u.conn.link.Send(u.bytes, u.label) // if the link is over, its reader knows
	if u.tx != nil {
		u.tx.begin()
	}
}

// take takes the first request out, and lets the next row have the next turn.
func (r *row) take() unsent {
	u := r.unsent[0]
	r.drop(0)
	if len(r.unsent) > 0 {
		r.line.MoveToBack(r.place)
	}
	return u
}

// drop takes a request out.
func (r *row) drop(i int) {
	if tx := r.unsent[i].tx; tx != nil {
		tx.row = nil
	}
	r.unsent = slices.Delete(r.unsent, i, i+1)
	if len(r.unsent) == 0 {
		r.line.Remove(r.place)
		delete(r.meter.rows, r.dialog)
	}
	d := r.dialog
	if d.unsent--; d.unsent == 0 {
		close(d.said)
		d.said = nil
	}
}

// withdraw takes back a request that waits still.
func (tx *clientTx) withdraw() {
	if r := tx.row; r != nil {
		r.drop(slices.IndexFunc(r.unsent, func(u unsent) bool { return u.tx == tx }))
	}
}

// withdraw takes back what the dialog has waiting, of which nobody hears.
func (d *Dialog) withdraw() {
	for _, tx := range slices.Clone(d.calls) {
		if tx.row != nil {
			tx.remove()
		}
	}
}

// crossed is for a BYE of the peer's: ours need not be said if it waits still.
func (d *Dialog) crossed(bye *Message) {
	for _, tx := range slices.Clone(d.calls) {
		if tx.row != nil && tx.method == "BYE" {
			tx.end(Event{Kind: Answered, Message: bye})
		}
	}
}

// Paced tells whether the dialog's partner takes only so many messages a second.
func (d *Dialog) Paced() bool {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.conn.meter != nil
}

// Said waits until the dialog's BYE does not wait for its turn any more, or ctx
// is done. False says that the link broke before: it has to be asked for again.
func (d *Dialog) Said(ctx context.Context) bool {
	if said := d.waits(); said != nil {
		select {
		case <-said:
		case <-ctx.Done():
		}
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.leaving || d.finished || ctx.Err() != nil
}

// waits is closed once nothing of the dialog's waits; nil: nothing does.
func (d *Dialog) waits() <-chan struct{} {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.said
}
