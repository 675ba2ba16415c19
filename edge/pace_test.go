package edge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
	"fedge/sip/stack"
)

// counting is a partner's Edge that takes every call and answers everything,
// and counts what we send.
type counting struct {
	*peer
	reliable int // provisional answers to each INVITE that want a PRACK

	mu     sync.Mutex
	came   []time.Time
	says   map[string]int // by method; "" are answers
	pracks map[string]int // by Call-ID
	last   map[string]time.Time
	invite map[string]*raw.Message
	over   chan struct{} // closed with the link
}

func (w *world) counting(edges <-chan *peer, reliable int) *counting {
	w.t.Helper()
	c := &counting{
		peer: <-edges, reliable: reliable, says: make(map[string]int), pracks: make(map[string]int),
		last: make(map[string]time.Time), invite: make(map[string]*raw.Message),
		over: make(chan struct{}),
	}
	w.running.Go(func() {
		defer close(c.over)
		for {
			m, err := c.reader.Next()
			if err != nil {
				return
			}
			c.take(m)
		}
	})
	return c
}

func (c *counting) take(m *raw.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	method := m.Method()
	if !m.IsRequest() {
		method = ""
	}
	c.came = append(c.came, time.Now())
	c.says[method]++
	c.last[method] = time.Now()
	switch method {
	case "INVITE":
		c.invite[m.CallID()] = m
		for n := range c.reliable {
			c.answer(raw.Respond(m, 183, "Session Progress", "bobs-tag").
				Header("Contact", "<sip:anna@contoso.example;gruu>").
				Header("Require", "100rel").Headerf("RSeq", "%d", n+1))
		}
		if c.reliable == 0 {
			c.answer(answerTo(m))
		}
	case "PRACK":
		c.answer(raw.Respond(m, 200, "OK", ""))
		if c.pracks[m.CallID()]++; c.pracks[m.CallID()] == c.reliable {
			c.answer(answerTo(c.invite[m.CallID()]))
		}
	case "", "ACK":
	default:
		c.answer(raw.Respond(m, 200, "OK", ""))
	}
}

func (c *counting) answer(b *raw.Builder) { _ = c.link.Send(b.Bytes(), label) } // the edge may have gone

// below says that no second had more of our messages than the partner takes.
func (c *counting) below(most int, want map[string]int) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := most; n < len(c.came); n++ {
		if within := c.came[n].Sub(c.came[n-most]); within <= time.Second {
			c.t.Errorf("message %d comes %s after message %d, of %d: %v", n, within, n-most, len(c.came), c.says)
			break
		}
	}
	if fmt.Sprint(c.says) != fmt.Sprint(want) {
		c.t.Errorf("got %v, want %v", c.says, want)
	}
}

// crowd calls so many users of contoso's into a room.
func (w *world) crowd(n int) (placed []<-chan placed) {
	for i := range n {
		placed = append(placed, w.place(Place{Room: "stand-up", To: fmt.Sprintf("user%d@contoso.example", i)}))
	}
	return placed
}

// roomy has a media node with places for many.
func (w *world) roomy() {
	w.media = newFakeMedia(w, "px03.vc.example.com")
	w.media.capacity = 1000
	w.serve()
	time.Sleep(time.Minute)
}

func TestHangingUpManyCalls(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.roomy()
		all := w.crowd(30)
		c := w.counting(edges, 0)
		for _, one := range all {
			if got := <-one; got.err != nil {
				t.Fatal(got.err)
			}
		}
		time.Sleep(time.Minute)
		w.edge.calls.end("", hungUp)
		synctest.Wait()
		if n := len(w.edge.calls.list()); n != 10 {
			t.Errorf("%d calls have not said BYE at once, want 10", n)
		}
		time.Sleep(time.Minute)
		w.wantCalls(0)
		c.below(20, map[string]int{"INVITE": 30, "ACK": 30, "BYE": 30})
	})
}

func TestReliableAnswersOfManyCalls(t *testing.T) {
	for _, most := range []int{0, 8, 5} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.plan.Limits.Outbound = most
				if most == 0 {
					most = usualPace
				}
				edges := w.listen(contosoAddr, w.contoso)
				w.roomy()
				all := w.crowd(15)
				c := w.counting(edges, 3)
				for _, one := range all {
					if got := <-one; got.err != nil {
						t.Fatal(got.err)
					}
				}
				c.below(most, map[string]int{"INVITE": 15, "PRACK": 45, "ACK": 15})
			})
		})
	}
}

// A drain begins early enough to say BYE to everybody within its time, and says
// it whatever the pace when there are too many for that.
func TestDrainKeepsThePace(t *testing.T) {
	const second = 1100 * time.Millisecond
	tests := []struct {
		name        string
		calls, most int
		first, last time.Duration // when BYEs go, after the drain began
	}{
		{"as many as one second takes", 20, 20, 30 * time.Second, 30 * time.Second},
		{"some seconds' worth", 70, 20, 30*time.Second - 3*second, 30 * time.Second},
		{"nearly all of its time", 100, 4, 30*time.Second - 24*second, 30 * time.Second},
		{"more", 200, 4, 0, 32 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.plan.Limits.Outbound = test.most
				life, die := context.WithCancel(context.Background())
				defer die()
				edges := w.listenUntil(life, contosoAddr, w.contoso)
				w.roomy()
				var c *counting
				for done := 0; done < test.calls; done += 10 {
					some := w.crowd(10)
					if c == nil {
						c = w.counting(edges, 0)
					}
					for _, one := range some {
						if got := <-one; got.err != nil {
							t.Fatal(got.err)
						}
					}
				}
				time.Sleep(time.Minute)
				began := time.Now()
				w.stop()
				if time.Sleep(test.first - time.Millisecond); len(w.edge.calls.list()) != test.calls && test.first > 0 {
					t.Error("calls were hung up too early")
				}
				<-c.over
				most := test.most
				if test.last > 30*time.Second {
					most = test.calls
				}
				c.below(most, map[string]int{"INVITE": test.calls, "ACK": test.calls, "BYE": test.calls})
				if took := c.last["BYE"].Sub(began); took != test.last {
					t.Errorf("the last BYE came after %s, want %s", took, test.last)
				}
			})
		})
	}
}

// Whoever lists us takes any number, by whatever name it lives.
func TestPace(t *testing.T) {
	tests := []struct {
		name     string
		partners []plan.Partner
		limit    int
		cert     []string
		most     int
	}{
		{"discovered", nil, 0, []string{"sip.contoso.example"}, 20},
		{"as the plan has it", nil, 8, []string{"sip.contoso.example"}, 8},
		{"allowed", []plan.Partner{{Domain: "contoso.example", Trust: plan.Allowed}}, 0, []string{"sip.contoso.example"}, 0},
		{"allowed, deeper in its domain", []plan.Partner{{Domain: "contoso.example", Trust: plan.Allowed}}, 0, []string{"sip.eu.contoso.example"}, 0},
		{"allowed, by its domain itself", []plan.Partner{{Domain: "contoso.example", Trust: plan.Allowed}}, 0, []string{"contoso.example"}, 0},
		{"one that only ends so", []plan.Partner{{Domain: "contoso.example", Trust: plan.Allowed}}, 0, []string{"sip.evilcontoso.example"}, 20},
		{"in the plan, and not allowed", []plan.Partner{{Domain: "contoso.example", Trust: plan.Discovered}}, 0, []string{"sip.contoso.example"}, 20},
		{"a direct one", []plan.Partner{{Domain: "contoso.example", Trust: plan.Allowed, Edge: "edge.adatum.example"}}, 0, []string{"edge.adatum.example"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.plan.Partners, w.plan.Limits.Outbound = test.partners, test.limit
				links := make(chan *link.Link, 1)
				w.serve()
				w.edge.stack = stack.New(stack.Config{Pace: func(l *link.Link) (string, int) {
					links <- l
					return w.edge.pace(l)
				}})
				w.dial(w.ca.issue(t, certs.Request{Names: test.cert}))
				who, most := w.edge.pace(<-links)
				if most != test.most || most > 0 && who != test.cert[0] {
					t.Errorf("%s takes %d a second, want %d", who, most, test.most)
				}
			})
		})
	}
}

// A call that waits for its turn is given up like any other, and is never heard
// of; one that would wait too long is refused.
func TestCallsThatWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Limits.Outbound = 4
		edges := w.listen(contosoAddr, w.contoso)
		w.roomy()
		all := w.crowd(70)
		c := w.counting(edges, 0)
		synctest.Wait()
		for _, info := range w.edge.calls.list() {
			if info.State == starting {
				w.edge.calls.end(info.ID, hungUp)
				break
			}
		}
		failed := make(map[error]int)
		for _, one := range all {
			if got := <-one; got.err != nil {
				failure, _ := errors.AsType[*Failure](got.err)
				for _, why := range []error{stack.ErrTurn, errGivenUp} {
					if errors.Is(failure.Err, why) {
						failed[why]++
					}
				}
				if errors.Is(failure.Err, stack.ErrTurn) && (failure.Stage != StageRequest || failure.httpStatus() != 503) {
					t.Errorf("%s, %d: %v", failure.Stage, failure.httpStatus(), failure)
				}
			}
		}
		up := len(w.edge.calls.list())
		if failed[errGivenUp] != 1 || failed[stack.ErrTurn] < 8 || up+failed[stack.ErrTurn]+1 != 70 {
			t.Errorf("%d calls are up, %v", up, failed)
		}
		c.below(4, map[string]int{"INVITE": up, "ACK": up})
	})
}
