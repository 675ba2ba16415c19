package stack

import (
	"slices"
	"time"

	"fedge/mutant"
)

// provisional handles a 1xx to our INVITE. Each starts Timer C anew (RFC 3261
// §16.6 step 11).
func (tx *clientTx) provisional(m *Message) {
	if tx.state > proceeding {
		return
	}
	tx.state = proceeding
	if tx.giveUp && !tx.stopped {
		tx.cancel()
	}
	if !tx.stopped && mutant.On("tx.no-timer-c") {
		tx.s.timers.stop(&tx.timer)
	} else if !tx.stopped {
		tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.C)
	}
	if mutant.On("tx.1xx-flood") {
		go time.Sleep(time.Minute)
	}
	if m.Status() == 100 || !tx.provided(m) {
		return
	}
	d := tx.dialog
	if tag := m.ToTag(); tx == d.firstCall && tag != "" && len(d.early) < forks && !slices.Contains(d.early, tag) {
		d.early = append(d.early, tag)
	}
	d.post(Event{Kind: Provisional, Method: "INVITE", Message: m}, false) // a flood of them is dropped
}

// cancel gives an INVITE up: at once when it is known to have arrived, else as
// soon as it is (RFC 3261 §9.1).
func (tx *clientTx) cancel() {
	if tx.state > proceeding {
		return
	}
	tx.giveUp = true
	if tx.row != nil { // nobody has heard of it yet
		tx.end(Event{Kind: Cancelled, final: tx == tx.dialog.firstCall})
		return
	}
	if tx.state == trying && !mutant.On("tx.early-cancel") || tx.stopped {
		return
	}
	tx.stopped = true
	tx.send("CANCEL", "", Outgoing{})
	tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.B) // the final answer must come by then
}

// failure handles a 3xx-6xx to our INVITE: each copy is acknowledged, within
// the transaction (RFC 3261 §17.1.1.3).
func (tx *clientTx) failure(m *Message) {
	h := tx.head
	h.to = m.Header("To")
	if mutant.On("tx.ack-newbranch") {
		h.branch = unguessable(12)
	}
	if !(tx.giveUp && mutant.On("tx.487-noack")) {
		tx.sendAs("ACK", h, "", Outgoing{})
	}
	if tx.state > proceeding {
		return
	}
	tx.state = completed
	tx.settled()
	tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.J)
	d := tx.dialog
	d.forgetCall(tx)
	if !tx.told {
		d.post(Event{Kind: Refused, Method: "INVITE", Message: m, final: tx == d.firstCall}, true)
	}
}

// success handles a 2xx to our INVITE: the first one makes the dialog, its
// copies are acknowledged again, and those of other forks are ended (RFC 3261
// §13.2.2.4, RFC 6026 §7.2).
func (tx *clientTx) success(m *Message) {
	d := tx.dialog
	if ack := tx.ackFor(m.ToTag()); ack != nil {
		if mutant.On("tx.no-reack") {
			return
		}
		tx.conn.send(ack, label(0, "ACK", d.callID, tx.head.cseq))
		return
	}
	if len(tx.acks) >= forks {
		return
	}
	first := tx.state <= proceeding
	if first {
		tx.state = accepted
		tx.settled()
		d.forgetCall(tx)
		tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.M)
	}
	switch {
	case tx != d.firstCall:
		d.refresh(m)
		tx.acknowledge(m, d.target, d.routes)
		if first && !tx.told {
			d.post(Event{Kind: Answered, Method: "INVITE", Message: m}, true)
		}
	case first && !tx.giveUp:
		d.establish(m)
		tx.acknowledge(m, d.target, d.routes)
		d.post(Event{Kind: Answered, Method: "INVITE", Message: m}, true)
	case !first && mutant.On("dlg.fork"):
	default:
		tx.decline(m)
		if first {
			d.post(Event{Kind: Cancelled, Method: "INVITE", Message: m, final: true}, true)
		}
	}
}

// establish makes the dialog of the first 2xx (RFC 3261 §12.1.2).
func (d *Dialog) establish(m *Message) {
	d.established, d.early = true, nil
	d.remote, d.remoteTag = m.Header("To"), m.ToTag()
	if mutant.On("id.drop-params") {
		d.remote = "<" + m.To().URI + ">;tag=" + d.remoteTag
	}
	d.routes = recordedByAnswer(m)
	d.refresh(m)
}

// acknowledge sends the ACK for a 2xx: a request of its own, by the dialog's
// route (RFC 3261 §13.2.2.4).
func (tx *clientTx) acknowledge(m *Message, target string, routes []string) {
	tx.acks = append(tx.acks, acked{m.ToTag(), tx.sendAs("ACK", tx.byRoute(m, target, routes), "", Outgoing{})})
}

// decline acknowledges a 2xx that nobody wants and ends what it began.
func (tx *clientTx) decline(m *Message) {
	target, err := contactOf(m)
	if err != nil || target == "" {
		target = tx.head.uri
	}
	routes := recordedByAnswer(m)
	tx.acknowledge(m, target, routes)
	if tx.giveUp && mutant.On("tx.glare-hang") {
		return
	}
	h := tx.byRoute(m, target, routes)
	tx.dialog.localCSeq++ // a PRACK may have gone before
	h.cseq = tx.dialog.localCSeq
	b := tx.s.render.request("BYE", h, "", Outgoing{})
	tx.conn.ask(tx.dialog, unsent{conn: tx.conn, bytes: b, label: label(0, "BYE", h.callID, h.cseq)}) // its answer matches nothing and may
}

// byRoute is the head of a request within the dialog that a 2xx made.
func (tx *clientTx) byRoute(m *Message, target string, routes []string) head {
	h := tx.head
	h.branch, h.to = unguessable(12), m.Header("To")
	h.uri, h.routes = routing(target, routes)
	return h
}
