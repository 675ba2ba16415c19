package main

import (
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
)

// TestKill ends the process of the signaling node that holds no call as a power
// failure would: the call on the other node goes on, and the next one is
// answered there.
func TestKill(t *testing.T) {
	t.Parallel()
	w, err := lab.Start(t.Context(), lab.Config{Program: selfAsNode()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	org, err := w.Organisation(t.Context(), lab.Contoso, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer org.Stop()
	signaling := w.Plan.Signaling()
	held, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: lab.Room, Tone: 443, Node: signaling[0].PublicAddr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Kill(signaling[1].Name); err != nil {
		t.Fatal(err)
	}
	next, err := org.Call(t.Context(), lync.CallSpec{From: "ben", To: lab.Room, Tone: 709})
	if err != nil {
		t.Fatal("the next call:", err)
	}
	if _, at := next.Node(); at.Addr() != signaling[0].PublicAddr() {
		t.Errorf("the next call was answered at %s, which is dead", at)
	}
	if err := lab.Hear(t.Context(), held, time.Second, 709); err != nil {
		t.Error("the call that was up does not hear the new one:", err)
	}
	for _, call := range []*lync.Call{held, next} {
		if err := call.Hangup(t.Context()); err != nil {
			t.Error("hanging up:", err)
		}
	}
}
