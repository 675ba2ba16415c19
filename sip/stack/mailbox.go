package stack

// busy tells whether a request of the peer's has to be tried again, because the
// owner has not got round to those before it. It is refused by itself, with 500:
// a 503 would speak for the whole node (RFC 3261 §21.5.4), and to close the link
// would end, for one call that does not follow, those of everybody behind the
// same Edge. Refusing costs what any other answer does and leaves nothing
// behind, so that a flood of it is bounded like any: by the link. What ends the
// call, and a PRACK, which wants no answer of the owner's, always get through.
func (d *Dialog) busy(method string) bool {
	return method != "BYE" && method != "PRACK" && len(d.events) >= d.s.cfg.Limits.Mailbox
}

// post puts an event into the mailbox and tells whether there was room. What
// the peer causes must leave the reserve.
func (d *Dialog) post(e Event, reserved bool) bool {
	if d.closed || d.finished {
		return true
	}
	room := d.s.cfg.Limits.Mailbox
	switch {
	case e.final:
		d.finished = true
		d.unlink()
		room = cap(d.events)
	case reserved:
		room = cap(d.events) - 1
	}
	if len(d.events) >= room {
		return false
	}
	d.events <- e // only here, under the lock: there is room
	return true
}
