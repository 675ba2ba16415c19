package stack

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"fedge/mutant"
)

// Reliable provisional responses (RFC 3262): ours to an INVITE whose sender
// requires them, and the peer's to ours.

// reliable is a provisional response of ours that waits for its PRACK, or the
// last one that had it.
type reliable struct {
	rseq    uint32
	waiting bool
	pause   time.Duration // before the next copy
	until   time.Duration // on the stack's clock: the INVITE is refused
}

// relies tells whether a message requires reliable provisional responses.
func relies(m *Message) bool {
	for tag := range m.List("Require") {
		if strings.EqualFold(tag, "100rel") {
			return true
		}
	}
	return false
}

// number gives a provisional response its RSeq, if the request requires one.
// That only one may wait at a time is the RFC's rule for the first and ours for
// all: drop tells that this one has to go unsaid.
func (tx *serverTx) number(r *Response, request *Message) (drop bool) {
	if r.Status <= 100 || r.Status >= 200 || tx.method != "INVITE" || !relies(request) || mutant.On("rel.ignore") {
		return false
	}
	tx.s.mu.Lock()
	defer tx.s.mu.Unlock()
	switch {
	case tx.state > proceeding:
		return false // answer will say so
	case tx.rel == nil:
		tx.rel = &reliable{rseq: 1 + rand.Uint32N(1<<31-1)} // §3: room to count on
	case tx.rel.waiting:
		return true
	default:
		tx.rel.rseq++
	}
	tx.rel.waiting = true
	r.Headers = append([]Header{{"Require", "100rel"}, {"RSeq", strconv.FormatUint(uint64(tx.rel.rseq), 10)}}, r.Headers...)
	return false
}

// persist begins to repeat a reliable provisional response, until its PRACK (§3).
func (tx *serverTx) persist() {
	t := &tx.s.cfg.Timers
	tx.rel.pause, tx.rel.until = t.T1, tx.s.timers.now()+t.H
	tx.s.timers.start(&tx.timer, tx.rel.pause)
}

// unprovided tells whether a reliable response still waits for its PRACK.
func (tx *serverTx) unprovided() bool { return tx.rel != nil && tx.rel.waiting }

// insist sends another copy, or refuses the INVITE when there were enough.
func (tx *serverTx) insist(now time.Duration) {
	if now < tx.rel.until {
		tx.conn.send(tx.last, tx.label())
		tx.rel.pause *= 2
		tx.s.timers.start(&tx.timer, min(tx.rel.pause, tx.rel.until-now))
		return
	}
	d := tx.dialog // which lets go of an INVITE that is answered
	b, err := tx.s.render.response(tx.conn.link.RemoteAddr(), tx.handle.request, tx.tag, Response{Status: 504})
	if err == nil {
		_ = tx.answer(504, b) // without link there is nobody to tell
	}
	d.post(Event{Kind: Unconfirmed, Method: "PRACK", final: d.first == tx}, true)
}

// acknowledge takes a PRACK for a provisional response of ours; a Status other
// than 200 says why it is for none (§3).
func (d *Dialog) acknowledge(m *Message) Response {
	rseq, cseq, ok := parseRAck(m.Header("RAck"))
	if !ok {
		return Response{Status: 400, Reason: "Bad RAck"}
	}
	for _, tx := range d.open {
		if !tx.unprovided() || (tx.rel.rseq != rseq || tx.cseq != cseq) && !mutant.On("rel.any-rack") {
			continue
		}
		tx.rel.waiting = false
		tx.s.timers.stop(&tx.timer)
		return Response{Status: 200}
	}
	return Response{Status: 481}
}

// pracked answers a PRACK, and tells the dialog's owner if it was for something.
// Offers have no place in one: those of our responses hold none (§5).
func (tx *serverTx) pracked(m *Message) error {
	d := tx.dialog // which lets go of what is answered
	r := d.acknowledge(m)
	b, err := tx.s.render.response(tx.conn.link.RemoteAddr(), m, tx.tag, r)
	if err == nil {
		_ = tx.answer(r.Status, b) // without link there is nobody to tell
	}
	if r.Status == 200 && !d.post(Event{Kind: Acknowledged, Method: "INVITE", Message: m}, true) { // one to a response of ours
		return errOverrun
	}
	return nil
}

// parseRAck reads "776656 1 INVITE" (§7.2).
func parseRAck(value string) (rseq, cseq uint32, ok bool) {
	fields := strings.Fields(value)
	if len(fields) != 3 || fields[2] != "INVITE" {
		return 0, 0, false
	}
	r, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return 0, 0, false
	}
	c, err := strconv.ParseUint(fields[1], 10, 31)
	return uint32(r), uint32(c), err == nil
}

// progress is how far the reliable responses of one end have come.
type progress struct {
	tag  string
	rseq uint32
}

// provided handles the reliability of a 1xx to our INVITE: it tells whether the
// response counts, and acknowledges it if it does. Copies and what is out of
// order are discarded (§4).
func (tx *clientTx) provided(m *Message) bool {
	if !relies(m) || m.ToTag() == "" {
		return true
	}
	rseq, err := strconv.ParseUint(m.Header("RSeq"), 10, 32)
	if err != nil || rseq == 0 {
		return false
	}
	d := tx.dialog
	n := uint32(rseq)
	i := 0
	for i < len(tx.progress) && tx.progress[i].tag != m.ToTag() {
		i++
	}
	switch {
	case len(d.calls) >= mostOpen || i == forks:
		return false // it will be repeated, or is one of too many
	case i == len(tx.progress):
		tx.progress = append(tx.progress, progress{strings.Clone(m.ToTag()), n})
	case tx.progress[i].rseq+1 != n:
		return false
	default:
		tx.progress[i].rseq = n
	}
	if !mutant.On("rel.no-prack") {
		tx.prack(m, n)
	}
	return true
}

// prack acknowledges a reliable provisional response, within the early dialog
// that it makes. What comes of that is of no interest: without it the far end
// repeats itself, and gives up in the end.
func (tx *clientTx) prack(m *Message, rseq uint32) {
	d := tx.dialog
	target, routes := d.target, d.routes
	if tx == d.firstCall {
		routes = recordedByAnswer(m)
		if contact, err := contactOf(m); err == nil && contact != "" {
			target = contact
		}
	}
	h := tx.byRoute(m, target, routes)
	d.localCSeq++
	h.cseq = d.localCSeq
	ack := tx.s.newClient(d, tx.conn, "PRACK", h)
	ack.told = true
	rack := strconv.FormatUint(uint64(rseq), 10) + " " + strconv.FormatUint(uint64(tx.head.cseq), 10) + " INVITE"
	ack.ask("", Outgoing{Headers: []Header{{"RAck", rack}}})
}
