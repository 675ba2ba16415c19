package stack

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// times is how often each order must hold: always.
const times = 1000

// edgeCall is an owner as edge has one: a goroutine per call, started by the
// handler, answering at once and writing down what it hears.
type edgeCall struct {
	heard []string
	done  chan struct{}
}

// owners makes every INVITE a call with a goroutine of its own that answers
// with 200 unless it is told to wait.
func owners(calls chan *edgeCall, wait bool) Handlers {
	return Handlers{Invite: func(d *Dialog) {
		c := &edgeCall{done: make(chan struct{})}
		calls <- c
		go func() {
			defer close(c.done)
			defer d.Close()
			if !wait {
				d.Respond(answer())
			}
			for e := range d.Events() {
				c.heard = append(c.heard, fmt.Sprint(e.Kind, " ", e.Method))
				if e.Message != nil && e.Kind == Requested {
					c.heard[len(c.heard)-1] += fmt.Sprint(" ", e.Message.CSeq())
				}
				if e.Tx != nil {
					r := answer()
					r.Contact = ""
					e.Tx.Respond(r)
				}
				if e.Final() {
					return
				}
			}
		}()
	}}
}

// heardBy waits for the end of a call and returns what it heard.
func heardBy(t *testing.T, calls chan *edgeCall) string {
	t.Helper()
	synctest.Wait()
	select {
	case c := <-calls:
		select {
		case <-c.done:
		default:
			t.Fatalf("the call is not over; it heard %q", c.heard)
		}
		return fmt.Sprintf("%q", c.heard)
	default:
		t.Fatal("no call")
		return ""
	}
}

// TestInviteAndCancelInOneRecord: whatever the call's goroutine does meanwhile,
// the CANCEL finds its INVITE. sipgo starts a goroutine for each message (case
// catalogue §4.3 row 26).
func TestInviteAndCancelInOneRecord(t *testing.T) {
	calls := make(chan *edgeCall, 1)
	run(t, Config{Handlers: owners(calls, true)}, func(w *world) {
		p := w.partner("sip.contoso.example")
		for i := range times {
			c := p.caller()
			c.callID = fmt.Sprintf("%032x", i)
			p.send(c.request("INVITE"), c.again("CANCEL"))
			p.want("the CANCEL is answered", "SIP/2.0 200")
			p.want("the INVITE is terminated", "SIP/2.0 487")
			p.send(c.again("ACK"))
			w.same("the call hears of nothing else", heardBy(t, calls), `["cancelled INVITE"]`)
		}
	})
}

// begun is a call that has been answered and not yet acknowledged.
func begun(w *world, p *peer, i int) *caller {
	c := p.caller()
	c.callID = fmt.Sprintf("%032x", i)
	p.send(c.request("INVITE"))
	c.toTag = tagOf(header(p.want("answered", "SIP/2.0 200"), "To"))
	return c
}

func TestACKAndByeInOneRecord(t *testing.T) {
	calls := make(chan *edgeCall, 1)
	run(t, Config{Handlers: owners(calls, false)}, func(w *world) {
		p := w.partner("sip.contoso.example")
		for i := range times {
			c := begun(w, p, i)
			p.send(c.ack(), c.request("BYE"))
			w.same("the BYE", header(p.want("is answered", "SIP/2.0 200"), "CSeq"), "2 BYE")
			w.same("first the ACK, then the BYE", heardBy(t, calls), `["confirmed INVITE" "ended BYE"]`)
		}
	})
}

func TestACKAndReInviteInOneRecord(t *testing.T) {
	calls := make(chan *edgeCall, 1)
	run(t, Config{Handlers: owners(calls, false)}, func(w *world) {
		p := w.partner("sip.contoso.example")
		for i := range times {
			c := begun(w, p, i)
			p.send(c.ack(), c.request("INVITE"))
			w.same("the re-INVITE", header(p.want("is answered", "SIP/2.0 200"), "CSeq"), "2 INVITE")
			p.send(c.ack(), c.request("BYE"))
			p.want("the end", "SIP/2.0 200")
			w.same("in order", heardBy(t, calls), `["confirmed INVITE" "requested INVITE 2" "confirmed INVITE" "ended BYE"]`)
		}
	})
}

func TestTenRequestsInOneRecord(t *testing.T) {
	calls := make(chan *edgeCall, 1)
	run(t, Config{Handlers: owners(calls, false)}, func(w *world) {
		p := w.partner("sip.contoso.example")
		for i := range times {
			c := begun(w, p, i)
			record := []string{c.ack()}
			for range 10 {
				record = append(record, c.request("INFO"))
			}
			p.send(append(record, c.request("BYE"))...)
			for cseq := 2; cseq <= 12; cseq++ {
				got := header(p.want("answers in order", "SIP/2.0 200"), "CSeq")
				if want := fmt.Sprint(cseq, " INFO"); cseq < 12 && got != want {
					t.Fatalf("run %d: got %s, want %s", i, got, want)
				}
			}
			var want strings.Builder
			want.WriteString(`["confirmed INVITE"`)
			for cseq := 2; cseq <= 11; cseq++ {
				want.WriteString(fmt.Sprintf(" %q", fmt.Sprint("requested INFO ", cseq)))
			}
			w.same("in order", heardBy(t, calls), want.String()+` "ended BYE"]`)
		}
	})
}
