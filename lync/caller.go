package lync

import (
	"strconv"
	"time"

	"fedge/sip/raw"
)

// Start sends the INVITE of an outgoing call, or 100 Trying for an incoming one.
func (m *Machine) Start(now time.Time) []Action {
	m.out = m.out[:0]
	if m.state != Idle {
		return m.out
	}
	m.state = Calling
	if !m.caller {
		m.reply(m.received, 100, "Trying", nil)
		return m.out
	}
	m.invite.deadline = now.Add(m.timers.giveUp()) // RFC 3261 §17.1.1.2, timer B
	m.send(m.renderInvite(), "INVITE", "1 INVITE")
	return m.out
}

// Hangup ends the call as far as it has come: CANCEL, BYE, or a 487 to a call
// that rings here.
func (m *Machine) Hangup(now time.Time) []Action {
	m.out = m.out[:0]
	switch {
	case m.state == Established:
		m.bye(now, "")
	case m.state == Calling && !m.caller:
		m.refuse(487, "Request Terminated")
	case m.state == Calling:
		m.cancel, m.state = true, Ending
		m.trySendCancel(now)
	}
	return m.out
}

// bye sends BYE; why becomes its Reason header.
func (m *Machine) bye(now time.Time, why string) {
	m.state, m.okNext = Ending, time.Time{}
	m.invite.close()
	extra := ""
	if why != "" {
		extra = "Reason: " + why + "\r\n"
	}
	m.ask(now, "BYE", extra, nil)
}

// Reoffer sends a re-INVITE with another description: hold, resume, or media
// that moved. It does nothing while another offer is open (RFC 3261 §14.1).
func (m *Machine) Reoffer(now time.Time, d *Description) []Action {
	m.out = m.out[:0]
	if m.state != Established || m.invite.open() || m.received != nil {
		return m.out
	}
	m.offer = d
	m.cseq++
	m.invite = transaction{
		method: "INVITE", cseq: m.cseq, branch: m.newBranch("INVITE"), deadline: now.Add(m.timers.giveUp()),
	}
	extra := "Contact: <" + m.contact + ">\r\n"
	m.send(m.render("INVITE", m.target, m.invite, extra, m.describe(d)), "INVITE", cseqText(m.cseq, "INVITE"))
	return m.out
}

// Options asks whether the peer still knows the dialog.
func (m *Machine) Options(now time.Time) []Action {
	m.out = m.out[:0]
	if m.state == Established && !m.request.open() {
		m.ask(now, "OPTIONS", "", nil)
	}
	return m.out
}

// ask sends a request in the dialog.
func (m *Machine) ask(now time.Time, method, extra string, body []byte) {
	m.cseq++
	m.request = transaction{
		method: method, cseq: m.cseq, branch: m.newBranch(method), deadline: now.Add(m.timers.giveUp()),
	}
	m.send(m.render(method, m.target, m.request, extra, body), method, cseqText(m.cseq, method))
}

// trySendCancel sends CANCEL once a provisional response has shown that there
// is something to cancel (RFC 3261 §9.1).
func (m *Machine) trySendCancel(now time.Time) {
	if !m.invite.answered || m.request.method == "CANCEL" {
		return // too early, or done: each of the peer's 1xx would bring another one
	}
	m.request = transaction{method: "CANCEL", cseq: 1, branch: m.invite.branch, deadline: now.Add(m.timers.giveUp())}
	m.invite.deadline = now.Add(m.timers.giveUp())
	m.send(m.renderHop("CANCEL", m.remote), "CANCEL", "1 CANCEL")
}

func (m *Machine) inviteTimedOut(now time.Time) {
	m.invite.close()
	switch {
	case m.state == Calling && m.invite.answered: // timer C: RFC 3261 §16.8
		m.cancel, m.state = true, Ending
		m.trySendCancel(now)
	case m.state == Established:
		m.bye(now, "")
		m.do(Action{Kind: Unexpected, Reason: "re-INVITE was not answered in time"})
	default:
		m.fail("INVITE was not answered in time")
	}
}

func (m *Machine) handleResponse(now time.Time, r *raw.Message) {
	number, method := r.CSeq()
	branch, _ := r.Param("Via", "branch")
	is := func(t *transaction) bool {
		return t.method == method && t.cseq == number && branch == magic+t.branch
	}
	switch {
	case is(&m.invite):
		m.inviteResponse(now, r)
	case is(&m.request) && m.request.open():
		m.requestResponse(r)
	case method == "PRACK" && m.caller:
	default:
		m.unexpected(r, "response to nothing we asked, or without our topmost Via")
	}
}

func (m *Machine) inviteResponse(now time.Time, r *raw.Message) {
	status := r.Status()
	switch {
	case status < 200:
		m.provisional(now, r)
	case !m.invite.open():
		m.finalAgain(r, status)
	case status < 300:
		m.accepted(now, r)
	default:
		m.invite.close()
		m.refused(now, r, status)
	}
}

// maxRings is how many waits a peer may ring for, whatever it sends: its every 1xx
// starts timer C again (RFC 3261 §16.7 step 2), and that must have an end.
const maxRings = 10

func (m *Machine) provisional(now time.Time, r *raw.Message) {
	if !m.invite.open() {
		return // overtaken by the final response
	}
	m.invite.answered = true
	if m.cancel {
		m.trySendCancel(now)
		return
	}
	if m.invite.ringEnd.IsZero() {
		m.invite.ringEnd = now.Add(maxRings * m.timers.Ring)
	}
	if m.invite.deadline = now.Add(m.timers.Ring); m.invite.deadline.After(m.invite.ringEnd) {
		m.invite.deadline = m.invite.ringEnd
	}
	if r.Status() == 100 {
		return
	}
	m.check(r, false)
	if rseq := r.Get("RSeq"); rseq != "" && m.state == Calling {
		m.prack(r, rseq)
	}
	m.do(Action{Kind: Progress, Message: r})
}

// prack acknowledges a reliable provisional response (RFC 3262 §4). Clients do
// it although their Allow does not list it.
func (m *Machine) prack(r *raw.Message, rseq string) {
	remote, target, routes := m.remote, m.target, m.routes
	m.learn(r)
	m.cseq++
	t := transaction{method: "PRACK", cseq: m.cseq, branch: m.newBranch("PRACK")}
	m.send(m.render("PRACK", m.target, t, "RAck: "+rseq+" "+r.Get("CSeq")+"\r\n", nil), "PRACK", cseqText(m.cseq, "PRACK"))
	m.remote, m.target, m.routes, m.remoteTag = remote, target, routes, "" // early dialogs may be many
}

// accepted takes the first 2xx to our INVITE or re-INVITE.
func (m *Machine) accepted(now time.Time, r *raw.Message) {
	m.invite.close()
	first := m.state != Established
	m.check(r, first)
	if first {
		m.learn(r)
	} else if uri := contactOf(r); uri != "" {
		m.target = uri // a target refresh, RFC 3261 §12.2.1.2
	}
	m.acknowledge()
	switch {
	case !first:
		m.do(Action{Kind: Reanswered, Message: r})
	case m.cancel: // CANCEL and 2xx crossed: RFC 3261 §9.1
		m.request.close()
		m.bye(now, "")
	default:
		m.state = Established
		m.do(Action{Kind: Answered, Message: r})
	}
}

// refused takes a final refusal of our INVITE or re-INVITE. Its ACK belongs to
// the transaction: same branch, same Request-URI (RFC 3261 §17.1.1.3).
func (m *Machine) refused(now time.Time, r *raw.Message, status int) {
	if m.state == Established {
		t := m.invite
		t.method = "ACK"
		m.send(m.render("ACK", m.target, t, "", nil), "ACK", cseqText(t.cseq, "ACK"))
		if status == 408 || status == 481 { // RFC 3261 §12.2.1.2
			m.bye(now, "")
		}
		m.do(Action{Kind: Declined, Message: r})
		return
	}
	m.send(m.renderHop("ACK", r.Get("To")), "ACK", "1 ACK")
	m.check(r, false)
	cancelled := m.cancel && status == 487
	m.over()
	if cancelled {
		m.do(Action{Kind: Ended, Message: r, Reason: "cancelled"})
		return
	}
	m.do(Action{Kind: Refused, Message: r})
}

// finalAgain takes a repeated final response.
func (m *Machine) finalAgain(r *raw.Message, status int) {
	switch {
	case status >= 300:
		m.unexpected(r, "final response repeated over a reliable transport")
	case r.Tag("To") != m.remoteTag:
		m.unexpected(r, "a second 2xx from another dialog")
	case m.ack != nil: // RFC 3261 §13.2.2.4
		m.send(m.ack, "ACK", cseqText(m.invite.cseq, "ACK"))
	}
}

func (m *Machine) requestResponse(r *raw.Message) {
	if r.Status() < 200 {
		return
	}
	m.request.close()
	switch m.request.method {
	case "BYE":
		if r.Status() >= 300 {
			m.note("bye-answer", "BYE was answered "+r.StartLine)
		}
		m.over()
		m.do(Action{Kind: Ended, Message: r, Reason: "we hung up"})
	case "CANCEL":
		if r.Status() >= 300 {
			m.note("cancel-answer", "CANCEL was answered "+r.StartLine)
		}
	}
}

// acknowledge sends the ACK of a 2xx: a request of its own (RFC 3261 §13.2.2.4).
func (m *Machine) acknowledge() {
	t := transaction{method: "ACK", cseq: m.invite.cseq, branch: m.newBranch("ACK")}
	m.ack = m.render("ACK", m.target, t, "", nil)
	m.send(m.ack, "ACK", cseqText(t.cseq, "ACK"))
}

func cseqText(n uint32, method string) string {
	return strconv.FormatUint(uint64(n), 10) + " " + method
}
