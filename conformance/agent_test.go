package conformance_test

import (
	"net"
	"slices"
	"strings"

	"fedge/sip/raw"
)

// agent is a small node that does everything right, and knows neither UPDATE nor
// any extension. Bend, if not nil, is asked first: it answers as it likes and
// tells whether it did. An INVITE for ring@ rings until it is cancelled.
type agent struct {
	bend    func(a *agent, m *raw.Message) bool
	conn    net.Conn
	calls   map[string]bool         // Call-IDs of those that are up
	ringing map[string]*raw.Message // INVITEs, by Call-ID
}

const served = "INVITE, ACK, BYE, CANCEL, OPTIONS"

func (a agent) behave(c net.Conn) {
	a.conn, a.calls, a.ringing = c, map[string]bool{}, map[string]*raw.Message{}
	for r := raw.NewReader(c, raw.Limits{}); ; {
		m, err := r.Next()
		if err != nil {
			return
		}
		if m.Method() == "ACK" || !m.IsRequest() || a.bend != nil && a.bend(&a, m) {
			continue
		}
		a.answer(m)
	}
}

// answer does what is right.
func (a *agent) answer(m *raw.Message) {
	user, _, _ := strings.Cut(strings.TrimPrefix(m.RequestURI(), "sip:"), "@")
	id := m.CallID()
	switch {
	case !slices.Contains(strings.Split(served, ", "), m.Method()):
		a.say(m, 405, "Allow: "+served)
	case m.Tag("To") != "" && !a.calls[id]:
		a.say(m, 481)
	case m.Method() == "BYE":
		delete(a.calls, id)
		a.say(m, 200)
	case m.Method() == "CANCEL" && a.ringing[id] == nil:
		a.say(m, 481)
	case m.Method() == "CANCEL":
		a.say(m, 200)
		a.say(a.ringing[id], 487)
	case strings.HasPrefix(user, "nobody"):
		a.say(m, 404)
	case m.Has("Require"):
		a.say(m, 420, "Unsupported: "+strings.Join(m.List("Require"), ", "))
	case m.Method() == "OPTIONS":
		a.say(m, 200, "Allow: "+served)
	case user == "ring":
		a.ringing[id] = m
	default:
		a.take(m)
	}
}

// take answers an INVITE with 200 and these lines.
func (a *agent) take(m *raw.Message, lines ...string) {
	a.calls[m.CallID()] = true
	a.say(m, 200, append([]string{"Contact: <sip:px01.vc.example.com:5061;transport=tls>"}, lines...)...)
}

// say answers a request with these lines more.
func (a *agent) say(m *raw.Message, status int, lines ...string) {
	b := raw.Respond(m, status, "Whatever", "agent")
	for _, line := range lines {
		b.Line(line)
	}
	a.conn.Write(b.Length().Bytes()) // who does not listen any more misses it
}
