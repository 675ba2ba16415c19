package pool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/media/session"
)

// fake is a media node that holds sessions and no media.
type fake struct {
	name     string
	capacity int

	mu       sync.Mutex
	sessions map[string]string // ID to conference
	open     func(context.Context, session.Open) error
	closed   []string
}

func (f *fake) Open(ctx context.Context, m session.Open) (session.Answer, error) {
	f.mu.Lock()
	hook := f.open
	f.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, m); err != nil {
			return session.Answer{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sessions) >= f.capacity {
		return session.Answer{}, &session.Error{Reason: session.Full}
	}
	f.sessions[m.ID] = m.Conference
	return session.Answer{ID: m.ID, Node: f.name, SDP: []byte("v=0\r\n")}, nil
}

func (f *fake) Update(_ context.Context, m session.Update) (session.Answer, error) {
	return session.Answer{ID: m.ID, Node: f.name, SDP: m.Offer}, nil
}

func (f *fake) Accept(context.Context, session.Accept) error { return nil }

func (f *fake) Close(_ context.Context, m session.Close) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, m.ID)
	f.closed = append(f.closed, m.ID)
	return nil
}

func (f *fake) load() session.Load {
	f.mu.Lock()
	defer f.mu.Unlock()
	load := session.Load{Node: f.name, Capacity: f.capacity, Sessions: len(f.sessions), Conferences: map[string]int{}}
	for _, conference := range f.sessions {
		load.Conferences[conference]++
	}
	return load
}

// world is a pool with nodes that beat until they are silenced.
type world struct {
	*Pool
	nodes  map[string]*fake
	silent map[string]bool
	mu     sync.Mutex
}

func build(t *testing.T, cfg Config, capacity map[string]int, location func(string) string) *world {
	w := &world{Pool: New(cfg), nodes: map[string]*fake{}, silent: map[string]bool{}}
	for name, n := range capacity {
		w.nodes[name] = &fake{name: name, capacity: n, sessions: map[string]string{}}
		w.Join(name, location(name), n, w.nodes[name])
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	running.Go(func() { w.beat(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return w
}

func (w *world) beat(ctx context.Context) {
	tick := time.NewTicker(session.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for name, n := range w.nodes {
			w.mu.Lock()
			silent := w.silent[name]
			w.mu.Unlock()
			if !silent {
				w.Heard(n.load())
			}
		}
	}
}

func (w *world) silence(name string, silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent[name] = silent
}

func (w *world) take(t *testing.T, id, conference string) *Lease {
	t.Helper()
	l, err := w.Take(t.Context(), session.Open{ID: id, Conference: conference, Offer: []byte("v=0\r\n")}, "dmz")
	if err != nil {
		t.Fatalf("take %s: %v", id, err)
	}
	return l
}

func dmz(string) string { return "dmz" }

func TestConferenceStaysTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 4, "b": 4, "c": 4}, dmz)
		if n := w.take(t, "1", "standup").Node(); n != "a" {
			t.Errorf("the first went to %s", n)
		}
		if n := w.take(t, "2", "review").Node(); n != "b" {
			t.Errorf("another conference went to %s", n)
		}
		for _, id := range []string{"3", "4", "5"} {
			if n := w.take(t, id, "standup").Node(); n != "a" {
				t.Errorf("session %s went to %s", id, n)
			}
		}
		if n := w.take(t, "6", "standup").Node(); n != "c" {
			t.Errorf("with a full, it went to %s", n)
		}
	})
}

// Many Takes for one conference in the same moment, before any node has
// answered, land on the same node.
func TestTakesInTheSameMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 50, "b": 50, "c": 50}, dmz)
		for _, n := range w.nodes {
			n.open = func(context.Context, session.Open) error { time.Sleep(100 * time.Millisecond); return nil }
		}
		nodes := make([]string, 40)
		var all sync.WaitGroup
		for i := range nodes {
			all.Go(func() { nodes[i] = w.take(t, fmt.Sprint(i), "standup").Node() })
		}
		all.Wait()
		for i, n := range nodes {
			if n != nodes[0] {
				t.Errorf("session %d went to %s, the first to %s", i, n, nodes[0])
			}
		}
	})
}

// ... and when that node fails them all, they move on together.
func TestTakesFailTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 50, "b": 49, "c": 48}, dmz)
		w.nodes["a"].open = func(context.Context, session.Open) error {
			time.Sleep(100 * time.Millisecond)
			return &session.Error{Reason: session.NodeLost}
		}
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if n := w.take(t, fmt.Sprint(i), "standup").Node(); n != "b" {
					t.Errorf("session %d went to %s", i, n)
				}
			})
		}
		all.Wait()
		if s := w.Nodes()[0]; s.Sessions != 0 {
			t.Errorf("places on the failed node are still booked: %+v", s)
		}
	})
}

func TestLostNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 10, "b": 9}, dmz)
		l := w.take(t, "1", "standup")
		w.silence("a", true)
		began := time.Now()
		e := <-l.Ended()
		if e.Reason != session.NodeLost || e.Node != "a" || e.ID != "1" {
			t.Errorf("event %+v", e)
		}
		if took := time.Since(began); took > session.Lost+session.Beat {
			t.Errorf("noticed after %v", took)
		}
		if n := w.take(t, "2", "standup").Node(); n != "b" {
			t.Errorf("the next call went to %s", n)
		}
		if s := w.Nodes()[0]; s.Alive || s.Sessions != 0 {
			t.Errorf("state of the lost node %+v", s)
		}
		if err := l.Close(t.Context()); err != nil || len(w.nodes["a"].sessions) != 0 {
			t.Errorf("closing the lost session: %v", err)
		}
		w.silence("a", false)
		time.Sleep(session.Lost)
		if n := w.take(t, "3", "review").Node(); n != "a" {
			t.Errorf("after the node came back, a call went to %s", n)
		}
		select {
		case e := <-l.Ended():
			t.Errorf("a second event %+v", e)
		default:
		}
	})
}

// A node that is declared lost while it is being asked does not get the call.
func TestLostWhileAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{Patience: 5 * time.Second}, map[string]int{"a": 10, "b": 9}, dmz)
		w.nodes["a"].open = func(context.Context, session.Open) error { time.Sleep(3 * time.Second); return nil }
		w.silence("a", true)
		l := w.take(t, "1", "standup")
		if l.Node() != "b" {
			t.Errorf("the call is on %s", l.Node())
		}
		// It may hold the session all the same; closing the lease frees it there too.
		if err := l.Close(t.Context()); err != nil || len(w.nodes["a"].sessions) != 0 {
			t.Errorf("left behind: %v %v", w.nodes["a"].sessions, err)
		}
	})
}

func TestSlowNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 10, "b": 9}, dmz)
		w.nodes["a"].open = func(ctx context.Context, _ session.Open) error { <-ctx.Done(); return ctx.Err() }
		began := time.Now()
		if n := w.take(t, "1", "standup").Node(); n != "b" || time.Since(began) != session.Lost {
			t.Errorf("on %s after %v", n, time.Since(began))
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 1, "b": 1}, dmz)
		for _, reason := range []session.Reason{session.Incompatible, session.Malformed} {
			w.nodes["a"].open = func(context.Context, session.Open) error { return &session.Error{Reason: reason} }
			_, err := w.Take(t.Context(), session.Open{ID: "1", Conference: "standup"}, "dmz")
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Reason != reason {
				t.Errorf("%s became %v", reason, err)
			}
		}
		w.nodes["a"].open = nil
		w.take(t, "1", "standup")
		w.take(t, "2", "standup")
		_, err := w.Take(t.Context(), session.Open{ID: "3", Conference: "standup"}, "dmz")
		if e, ok := errors.AsType[*session.Error](err); !ok || e.Reason != session.Full {
			t.Errorf("a full pool said %v", err)
		}
		if _, err = w.Take(t.Context(), session.Open{ID: "2", Conference: "standup"}, "dmz"); err == nil {
			t.Error("one ID was leased twice")
		}
		if _, err = w.Take(t.Context(), session.Open{ID: "9"}, "elsewhere"); err == nil {
			t.Error("a location without nodes took a call")
		}
	})
}

func TestOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{Overflow: map[string][]string{"dmz": {"cloud", "far"}}},
			map[string]int{"dmz": 1, "cloud": 1, "far": 1}, func(name string) string { return name })
		for i, want := range []string{"dmz", "cloud", "far"} {
			if n := w.take(t, fmt.Sprint(i), "standup").Node(); n != want {
				t.Errorf("session %d went to %s, want %s", i, n, want)
			}
		}
	})
}

// Takes says what Take would come to, and books nothing.
func TestTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{Overflow: map[string][]string{"dmz": {"cloud"}}}, map[string]int{"dmz": 1, "cloud": 1}, func(name string) string { return name })
		for i := range 3 {
			if got := w.Takes("standup", "dmz"); got != (i < 2) {
				t.Errorf("with %d of 2 sessions it takes one more: %v", i, got)
			}
			if i < 2 {
				w.take(t, fmt.Sprint(i), "standup")
			}
		}
		if w.Takes("standup", "elsewhere") {
			t.Error("a location without nodes takes a call")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 1}, dmz)
		w.silence("a", true)
		time.Sleep(time.Minute)
		if w.Takes("standup", "dmz") {
			t.Error("a node that is gone takes a call")
		}
	})
}

func TestSessionEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 1}, dmz)
		l := w.take(t, "1", "standup")
		w.Ended(session.Event{ID: "1", Node: "somebody else", Reason: session.Silent})
		w.Ended(session.Event{ID: "unknown", Node: "a", Reason: session.Silent})
		w.Ended(session.Event{ID: "1", Node: "a", Reason: session.Silent})
		w.Ended(session.Event{ID: "1", Node: "a", Reason: session.Silent})
		if e := <-l.Ended(); e.Reason != session.Silent {
			t.Errorf("event %+v", e)
		}
		if s := w.Nodes()[0]; s.Sessions != 0 {
			t.Errorf("its place is still taken: %+v", s)
		}
	})
}

// What other pools put on a node counts beside our own, whenever beats come.
func TestOthersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 4, "b": 3}, dmz)
		w.nodes["a"].sessions = map[string]string{"x": "standup", "y": "standup"}
		ours := w.take(t, "1", "review")            // before the first beat: lands on a
		time.Sleep(2*session.Beat + session.Beat/2) // between two beats
		want := map[string]int{"standup": 2, "review": 1}
		if s := w.Nodes()[0]; s.Sessions != 3 || !maps.Equal(s.Conferences, want) {
			t.Errorf("after a beat: %+v", s)
		}
		if n := w.take(t, "2", "standup").Node(); n != "a" {
			t.Errorf("where others hold the conference: %s", n)
		}
		if err := ours.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := w.Nodes()[0]; s.Sessions != 3 {
			t.Errorf("between beats: %+v", s)
		}
		time.Sleep(2 * session.Beat)
		if s := w.Nodes()[0]; s.Sessions != 3 || s.Conferences["standup"] != 3 {
			t.Errorf("after the next beat: %+v", s)
		}
	})
}

func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, Config{}, map[string]int{"a": 1}, dmz)
		l := w.take(t, "1", "standup")
		if string(l.Answer().SDP) != "v=0\r\n" {
			t.Errorf("answer %q", l.Answer().SDP)
		}
		if a, err := l.Update(t.Context(), []byte("x")); err != nil || string(a.SDP) != "x" {
			t.Errorf("update: %q %v", a.SDP, err)
		}
		if err := l.Accept(t.Context(), nil); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := l.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		w.take(t, "1", "standup") // the ID is free again
	})
}
