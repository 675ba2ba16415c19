package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/sip/link"
)

// taking is a partner that takes so many messages a second.
func taking(most int) Config {
	return Config{Pace: func(*link.Link) (string, int) { return "contoso.example", most }}
}

// placing calls a partner n times; the far end has read nothing yet.
func (w *world) placing(l *link.Link, n int) (dialogs []*Dialog) {
	w.t.Helper()
	for range n {
		d, err := w.stack.Invite(w.ctx, l, invitation())
		w.must("a call is placed", err)
		dialogs = append(dialogs, d)
	}
	return dialogs
}

func invitation() Outgoing {
	return Outgoing{URI: "sip:anna@contoso.example", From: "<sip:standup@vc.example.com>", To: "<sip:anna@contoso.example>", Contact: contact}
}

// ok answers a request of the node's.
func ok(request string, status string, lines ...string) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq"} {
		b.WriteString(name + ": " + header(request, name) + "\r\n")
	}
	to := header(request, "To")
	if tagOf(to) == "" {
		to += ";tag=far"
	}
	b.WriteString("To: " + to + "\r\nContact: <sip:anna@contoso.example;gruu>\r\n")
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	return b.String() + "Content-Length: 0\r\n\r\n"
}

// heard takes everything that has come, by its first word.
func (p *peer) heard() (all []string) {
	synctest.Wait()
	for {
		select {
		case got := <-p.in:
			all = append(all, got)
		default:
			return all
		}
	}
}

// words counts messages by their methods; answers are "SIP/2.0".
func words(messages []string) map[string]int {
	n := make(map[string]int)
	for _, m := range messages {
		word, _, _ := strings.Cut(m, " ")
		n[word]++
	}
	return n
}

func (w *world) sameWords(why string, messages []string, want map[string]int) {
	w.t.Helper()
	if got := words(messages); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s\n got %v\nwant %v", why, got, want)
	}
}

// span is what a meter counts within.
const span = 1100 * time.Millisecond

func TestCallsBeginInTheirTurn(t *testing.T) {
	run(t, taking(8), func(w *world) {
		p, l := w.called("sip.contoso.example")
		dialogs := w.placing(l, 10)
		first := p.heard()
		w.sameWords("half of a second is for the ACKs", first, map[string]int{"INVITE": 4})
		for _, invite := range first {
			p.send(ok(invite, "486 Busy Here"))
		}
		w.sameWords("and they go at once", p.heard(), map[string]int{"ACK": 4})
		p.quiet("the second is full", span-time.Millisecond)
		time.Sleep(time.Millisecond)
		second := p.heard()
		w.sameWords("a second later come the next", second, map[string]int{"INVITE": 4})
		dialogs[9].Cancel()
		w.event(dialogs[9], "what was never sent needs no CANCEL", Cancelled, "INVITE")
		p.send(ok(second[0], "180 Ringing"), ok(second[1], "180 Ringing"), ok(second[2], "180 Ringing"))
		time.Sleep(span)
		w.sameWords("calls that ring keep places for their ACKs, half at most", p.heard(), map[string]int{"INVITE": 1})
		for _, d := range dialogs {
			d.Close()
		}
		w.sameWords("a CANCEL does not wait", p.heard(), map[string]int{"CANCEL": 3})
	})
}

// The time of a request runs from when it was sent.
func TestTimersBeginWhenSent(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		dialogs := w.placing(l, 9) // two a second
		time.Sleep(4*span + time.Millisecond)
		w.sameWords("all have begun", p.heard(), map[string]int{"INVITE": 9})
		time.Sleep(32*time.Second - 4*span)
		w.event(dialogs[0], "the first has had no answer", TimedOut, "INVITE")
		w.noEvent(dialogs[8], "the last has been under way for less")
		time.Sleep(4 * span)
		if e := w.event(dialogs[8], "but not for longer", TimedOut, "INVITE"); e.Err != nil {
			t.Errorf("it was sent: %v", e.Err)
		}
	})
}

func TestCallsWaitHalfAMinute(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		dialogs := w.placing(l, 62) // two begin, sixty wait
		if _, err := w.stack.Invite(w.ctx, l, invitation()); !errors.Is(err, ErrTurn) {
			t.Errorf("a call that would wait too long: %v", err)
		}
		time.Sleep(30*time.Second + time.Millisecond)
		if e := w.event(dialogs[61], "it was never its turn", TimedOut, "INVITE"); !errors.Is(e.Err, ErrTurn) || !e.Final() {
			t.Errorf("%+v", e)
		}
		w.sameWords("in half a minute", p.heard(), map[string]int{"INVITE": 56})
		w.noEvent(dialogs[0], "the others are under way")
	})
}

// What a link that broke had waiting is lost with it, and nothing is left.
func TestWaitingOnALinkThatBreaks(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		dialogs := w.placing(l, 3)
		p.heard()
		l.Abort()
		e := w.event(dialogs[2], "its link is gone before it was sent", LinkLost, "INVITE")
		if !e.Final() {
			t.Error("it is not over")
		}
		time.Sleep(time.Minute)
		w.stack.mu.Lock()
		defer w.stack.mu.Unlock()
		if n := len(w.stack.meters); n != 0 {
			t.Errorf("%d partners are remembered", n)
		}
	})
}

// A BYE that waits is not lost with its link: it has to be asked for again, and
// goes over the next.
func TestByeOnALinkThatBreaks(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		d := w.up(p, l)
		for range 4 {
			w.must("requests that fill the second", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		}
		w.must("a BYE that waits", d.Request(w.ctx, "BYE", Outgoing{}))
		p.heard()
		said := make(chan bool)
		go func() { said <- d.Said(w.ctx) }()
		synctest.Wait()
		again, next := w.called("sip.contoso.example")
		w.redial = func(context.Context, string, int) (*link.Link, error) { return next, nil }
		l.Abort()
		if <-said {
			t.Error("it was not said")
		}
		w.must("it is asked for again", d.Request(w.ctx, "BYE", Outgoing{}))
		again.quiet("the second is the partner's, not the link's", span-time.Millisecond)
		time.Sleep(time.Millisecond)
		if !d.Said(w.ctx) {
			t.Error("it was said")
		}
		again.want("here it is", "BYE")
		d.Close()
	})
}

// up brings a call of the node's up.
func (w *world) up(p *peer, l *link.Link) *Dialog {
	w.t.Helper()
	d := w.placing(l, 1)[0]
	synctest.Wait()
	p.send(ok(p.want("a call", "INVITE"), "200 OK"))
	p.want("its ACK", "ACK")
	w.event(d, "it is up", Answered, "INVITE")
	time.Sleep(2 * span)
	return d
}

// Calls take turns: who asks for much waits for himself.
func TestTurnsAreFair(t *testing.T) {
	run(t, taking(8), func(w *world) {
		p, l := w.called("sip.contoso.example")
		busy, others := w.up(p, l), []*Dialog{w.up(p, l), w.up(p, l)}
		for range mostOpen {
			w.must("many requests", busy.Request(w.ctx, "OPTIONS", Outgoing{}))
		}
		p.heard() // a second's
		w.must("a refresh", others[0].Request(w.ctx, "UPDATE", Outgoing{}))
		for range mostOpen {
			if err := busy.Request(w.ctx, "OPTIONS", Outgoing{}); err != nil && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
		}
		w.placing(l, 1)
		w.must("a BYE", others[1].Request(w.ctx, "BYE", Outgoing{}))
		w.must("and one that follows much", busy.Request(w.ctx, "BYE", Outgoing{}))
		p.quiet("the second is full", span-time.Millisecond)
		time.Sleep(time.Millisecond)
		got := p.heard()
		w.sameWords("calls that are up go first, and a BYE is all that its call has left to say", got,
			map[string]int{"UPDATE": 1, "BYE": 2, "INVITE": 1})
		if !strings.HasPrefix(got[3], "INVITE") {
			t.Errorf("last came %.20s", got[3])
		}
	})
}

func TestByesThatCross(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		d := w.placing(l, 1)[0]
		invite := p.want("a call", "INVITE")
		p.send(ok(invite, "200 OK"))
		p.want("its ACK", "ACK")
		w.event(d, "it is up", Answered, "INVITE")
		for range 2 {
			w.must("requests that fill the second", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		}
		p.heard()
		w.must("a BYE that waits", d.Request(w.ctx, "BYE", Outgoing{}))
		said := make(chan bool)
		go func() {
			d.Said(w.ctx)
			close(said)
		}()
		p.quiet("it waits", time.Millisecond)
		p.send(strings.Join([]string{
			"BYE sip:standup@px01.vc.example.com SIP/2.0", "Via: SIP/2.0/TLS 203.0.113.20;branch=z9hG4bKbye", "Max-Forwards: 70",
			"From: " + header(invite, "To") + ";tag=far", "To: " + header(invite, "From"), "Call-ID: " + header(invite, "Call-ID"),
			"CSeq: 1 BYE", "Content-Length: 0", "", "",
		}, "\r\n"))
		p.want("theirs is answered at once", "SIP/2.0 200")
		<-said
		p.quiet("and ours need not be said", time.Minute)
		d.Close()
	})
}

// Answers go at once and count; but who floods us does not keep our requests
// from himself.
func TestAnswersCount(t *testing.T) {
	run(t, taking(8), func(w *world) {
		p, l := w.called("sip.contoso.example")
		dialogs := []*Dialog{w.up(p, l), w.up(p, l), w.up(p, l)}
		options := func(n int) string {
			return fmt.Sprintf("OPTIONS sip:px01.vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.20;branch=z9hG4bKo%d\r\nMax-Forwards: 70\r\n"+
				"From: <sip:a@contoso.example>;tag=1\r\nTo: <sip:px01.vc.example.com>\r\nCall-ID: o%d\r\nCSeq: 1 OPTIONS\r\nRequire: x\r\nContent-Length: 0\r\n\r\n", n, n)
		}
		for n := range 40 {
			p.send(options(n))
		}
		w.sameWords("each has its answer", p.heard(), map[string]int{"SIP/2.0": 40})
		for _, d := range dialogs {
			w.must("a BYE", d.Request(w.ctx, "BYE", Outgoing{}))
		}
		w.sameWords("a quarter is for what can wait", p.heard(), map[string]int{"BYE": 2})
		p.quiet("no more is", span-time.Millisecond)
		time.Sleep(time.Millisecond)
		w.sameWords("until the second is over", p.heard(), map[string]int{"BYE": 1})
	})
}

func TestHurry(t *testing.T) {
	run(t, taking(4), func(w *world) {
		p, l := w.called("sip.contoso.example")
		var dialogs []*Dialog
		for range 12 {
			dialogs = append(dialogs, w.up(p, l))
		}
		if got, want := w.stack.Farewell(), 2*span; got != want {
			t.Errorf("twelve BYEs take %s, want %s", got, want)
		}
		for _, d := range dialogs {
			w.must("a BYE", d.Request(w.ctx, "BYE", Outgoing{}))
		}
		w.sameWords("a second's", p.heard(), map[string]int{"BYE": 4})
		w.stack.Hurry()
		w.sameWords("the others at once", p.heard(), map[string]int{"BYE": 8})
	})
}
