package main

import (
	"net/netip"
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
	// Four callers that know nothing yet: DNS sends some of them to the dead
	// node first.
	config, err := w.Partner(lab.Contoso, nil)
	if err != nil {
		t.Fatal(err)
	}
	config.Listen = netip.AddrPort{}
	for range 4 {
		stranger, err := lync.Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		next, err := stranger.Call(t.Context(), lync.CallSpec{From: "ben", To: lab.Room, Tone: 709})
		if err != nil {
			t.Fatal("the next call:", err)
		}
		if _, at := next.Node(); at.Addr() != signaling[0].PublicAddr() {
			t.Errorf("the next call was answered at %s, which is dead", at)
		}
		if err := lab.Hear(t.Context(), held, 400*time.Millisecond, 709); err != nil {
			t.Error("the call that was up does not hear the new one:", err)
		}
		if err := next.Hangup(t.Context()); err != nil {
			t.Error("hanging up:", err)
		}
		stranger.Stop()
	}
	if err := held.Hangup(t.Context()); err != nil {
		t.Error("hanging up:", err)
	}
}
