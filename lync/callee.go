package lync

import (
	"slices"
	"strconv"
	"time"

	"fedge/sip/raw"
)

// CalleeConfig is what an incoming call is made of.
type CalleeConfig struct {
	Profile *Profile
	Variant int
	ID      ID     // our client's tag, epid and Contact
	Via     string // ADDR:PORT of our end of the link, for requests we send
	Invite  *raw.Message
	Timers  Timers
	Lenient bool
}

// NewCallee makes the machine of an incoming call. Start answers 100; then it
// is for the owner to Ring, Answer or Refuse.
func NewCallee(c CalleeConfig) *Machine {
	m := newMachine(c.Profile, c.Variant, c.ID, c.Timers)
	m.via, m.lenient, m.received = c.Via, c.Lenient, c.Invite
	m.callID = c.Invite.CallID()
	m.local = c.Invite.Get("To") + m.party()
	m.remote, m.remoteTag = c.Invite.Get("From"), c.Invite.Tag("From")
	m.theirs, _ = c.Invite.CSeq()
	m.target = contactOf(c.Invite)
	address := m.profile.domain
	if to, err := raw.ParseNameAddr(c.Invite.Get("To")); err == nil {
		address = to.URI.Address()
	}
	m.contact = m.gruu(address)
	for _, route := range c.Invite.List("Record-Route") { // RFC 3261 §12.1.1
		m.routes = append(m.routes, bracketed(route))
	}
	return m
}

// Ring sends a provisional response: 180, or 183 with an answer made of d.
func (m *Machine) Ring(_ time.Time, status int, reason string, d *Description) []Action {
	m.out = m.out[:0]
	if m.state == Calling && !m.caller {
		var body []byte
		if d != nil {
			body, _ = m.answerBody(m.received, d)
		}
		m.reply(m.received, status, reason, body)
	}
	return m.out
}

// Answer sends 200 with an answer made of d, and repeats it until the ACK comes
// (RFC 3261 §13.3.1.4); or 488 when the offer holds nothing for a client.
func (m *Machine) Answer(now time.Time, d *Description) []Action {
	m.out = m.out[:0]
	if m.state != Calling || m.caller {
		return m.out
	}
	body, err := m.answerBody(m.received, d)
	if err != nil {
		m.refuse(488, "Not Acceptable Here")
		return m.out
	}
	m.state, m.offer = Established, d
	m.accept(now, m.received, body)
	m.received = nil
	return m.out
}

// answerBody answers the description in a request.
func (m *Machine) answerBody(request *raw.Message, d *Description) ([]byte, error) {
	offer, err := sdpOf(request)
	if err != nil {
		return nil, err
	}
	body, facts, taken, err := buildAnswer(offer, d.offer, m.id, m.profile.client)
	m.facts, m.taken = facts, taken
	return body, err
}

// Refuse sends a final refusal.
func (m *Machine) Refuse(status int, reason string) []Action {
	m.out = m.out[:0]
	if m.state == Calling && !m.caller {
		m.refuse(status, reason)
	}
	return m.out
}

func (m *Machine) refuse(status int, reason string) {
	m.reply(m.received, status, reason, nil)
	m.over()
	m.do(Action{Kind: Ended, Reason: "refused with " + strconv.Itoa(status) + " " + reason})
}

// Accept answers the peer's re-INVITE or UPDATE with an answer made of d, or
// with 488 when there is none.
func (m *Machine) Accept(now time.Time, d *Description) []Action {
	m.out = m.out[:0]
	if m.state != Established || m.received == nil {
		return m.out
	}
	request := m.received
	m.received = nil
	body, err := m.answerBody(request, d)
	switch {
	case err != nil:
		m.reply(request, 488, "Not Acceptable Here", nil)
	case request.Method() == "INVITE":
		m.offer = d
		m.accept(now, request, body)
	default:
		m.offer = d
		m.reply(request, 200, "OK", body)
	}
	return m.out
}

// Reject refuses the peer's re-INVITE or UPDATE; the call goes on as it was.
func (m *Machine) Reject(status int, reason string) []Action {
	m.out = m.out[:0]
	if m.state == Established && m.received != nil {
		request := m.received
		m.received = nil
		m.reply(request, status, reason, nil)
	}
	return m.out
}

// accept sends a 2xx to an INVITE and begins to repeat it.
func (m *Machine) accept(now time.Time, request *raw.Message, body []byte) {
	m.okCSeq, _ = request.CSeq()
	m.reply(request, 200, "OK", body)
	m.ok = m.out[len(m.out)-1].Bytes
	m.okPause = m.timers.T1
	m.okNext, m.okEnd = now.Add(m.okPause), now.Add(m.timers.giveUp())
}

func (m *Machine) repeatOK(now time.Time) {
	if !now.Before(m.okEnd) {
		m.note("ack", "our 200 was not acknowledged in time")
		m.bye(now, "")
		return
	}
	m.okPause = min(2*m.okPause, m.timers.T2)
	if m.okNext = now.Add(m.okPause); m.okNext.After(m.okEnd) {
		m.okNext = m.okEnd
	}
	m.send(m.ok, "200 INVITE", cseqText(m.okCSeq, "INVITE"))
}

// reply writes a response to a request of the peer, as it leaves our Edge. Our
// proxies have put their Record-Route above the peer's, the nearest to the
// client on top.
func (m *Machine) reply(request *raw.Message, status int, reason string, body []byte) {
	b := raw.NewResponse(status, reason)
	b.Copy(request, "Via")
	ok := status > 100 && status < 300
	if ok && request.Method() == "INVITE" && request.Tag("To") == "" {
		for _, route := range slices.Backward(m.variant.routes) {
			b.Header("Record-Route", route)
		}
		b.Copy(request, "Record-Route")
	}
	b.Copy(request, "From")
	if status > 100 && request.Tag("To") == "" {
		b.Header("To", m.local)
	} else {
		b.Copy(request, "To")
	}
	b.Copy(request, "Call-ID", "CSeq")
	b.Length()
	if status > 100 {
		b.Header("User-Agent", m.profile.client.agent)
	}
	if ok {
		m.capabilities(b, request.Method())
	}
	if body != nil {
		b.Body("application/sdp", body)
	}
	_, method := request.CSeq()
	m.send(b.Bytes(), strconv.Itoa(status)+" "+method, request.Get("CSeq"))
}

// capabilities are what a 2xx or 18x says of the client.
func (m *Machine) capabilities(b *raw.Builder, method string) {
	if method == "INVITE" || method == "UPDATE" { // RFC 3261 §12.1.1, RFC 3311 §5.2
		b.Header("Contact", "<"+m.contact+">")
	}
	if method != "INVITE" {
		return
	}
	for _, option := range []string{"histinfo", "ms-safe-transfer", "ms-sender", "ms-early-media", "100rel", "replaces"} {
		b.Header("Supported", option)
	}
	b.Header("Allow", allow)
	b.Header("ms-endpoint-location-data", "NetworkScope;ms-media-location-type="+m.variant.location)
}

func (m *Machine) handleRequest(now time.Time, r *raw.Message) {
	number, _ := r.CSeq()
	method := r.Method()
	switch {
	case method == "ACK":
		m.acknowledged(r, number)
	case method == "CANCEL":
		m.cancelled(r, number)
	case !m.inDialog(r):
		m.reply(r, 481, "Call Leg/Transaction Does Not Exist", nil)
		m.unexpected(r, "not in this dialog")
	case number <= m.theirs: // RFC 3261 §12.2.2
		m.reply(r, 500, "Server Internal Error", nil)
		m.unexpected(r, "CSeq out of order")
	default:
		m.theirs = number
		m.checkRoute(r)
		m.inCall(now, r, method)
	}
}

// inDialog compares tags: ours must be in To, theirs in From.
func (m *Machine) inDialog(r *raw.Message) bool {
	return r.Tag("To") == m.id.Tag() && m.remoteTag != "" && r.Tag("From") == m.remoteTag
}

// inCall takes a request in the dialog.
func (m *Machine) inCall(now time.Time, r *raw.Message, method string) {
	switch method {
	case "BYE":
		m.reply(r, 200, "OK", nil)
		m.over()
		m.do(Action{Kind: Ended, Message: r, Reason: farewell(r)})
	case "INVITE", "UPDATE":
		m.offered(r, method)
	case "OPTIONS", "INFO":
		m.reply(r, 200, "OK", nil)
	default:
		m.reply(r, 405, "Method Not Allowed", nil)
		m.unexpected(r, "a method that nobody asked for")
	}
}

// offered takes a re-INVITE or UPDATE.
func (m *Machine) offered(r *raw.Message, method string) {
	switch {
	case m.state != Established:
		m.reply(r, 481, "Call Leg/Transaction Does Not Exist", nil)
	case m.invite.open() || m.received != nil || !m.okNext.IsZero(): // RFC 3261 §14.2
		m.reply(r, 491, "Request Pending", nil)
	case method == "UPDATE" && len(r.Body) == 0: // a session refresh
		m.reply(r, 200, "OK", nil)
	default:
		if uri := contactOf(r); uri != "" {
			m.target = uri
		}
		m.received = r
		m.do(Action{Kind: Offered, Message: r})
	}
}

// acknowledged takes an ACK.
func (m *Machine) acknowledged(r *raw.Message, number uint32) {
	switch {
	case m.state == Over: // of a refusal, or of a 2xx that a BYE overtook
	case !m.okNext.IsZero() && number == m.okCSeq && m.inDialog(r):
		m.okNext = time.Time{}
		m.checkRoute(r)
		m.do(Action{Kind: Confirmed, Message: r})
	case number == m.okCSeq || number == m.theirs: // repeated, or of a refused re-INVITE
	default:
		m.unexpected(r, "an ACK of nothing")
	}
}

// cancelled takes a CANCEL (RFC 3261 §9.2).
func (m *Machine) cancelled(r *raw.Message, number uint32) {
	switch {
	case m.caller || number != m.theirs:
		m.reply(r, 481, "Call Leg/Transaction Does Not Exist", nil)
		m.unexpected(r, "a CANCEL of nothing")
	default:
		m.reply(r, 200, "OK", nil)
		if m.state != Calling {
			return // too late: the final response is out
		}
		m.reply(m.received, 487, "Request Terminated", nil)
		m.over()
		m.do(Action{Kind: Ended, Message: r, Reason: "the peer cancelled"})
	}
}
