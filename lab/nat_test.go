package lab_test

import (
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
	"fedge/result"
)

// TestNATMedia: callers of nodes behind a NAT hear each other through it, and
// are told of public addresses.
func TestNATMedia(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{NAT: true})
	org := contoso(t, w)
	signaling := w.Plan.Signaling()
	calls, err := lab.Meeting(t.Context(), org, []lync.CallSpec{
		{From: "anna", To: lab.Room, Tone: 440, Node: signaling[0].PublicAddr(), Video: true},
		{From: "ben", To: lab.Room, Tone: 700, Node: signaling[1].PublicAddr(), Video: true},
		{From: "cleo", To: lab.Room, Tone: 1150},
	}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var sent, got int64
	for _, c := range calls {
		if c.Verdict != result.Pass {
			t.Errorf("%s: %s", c.Name, c.Detail)
		}
		if !public(w, c.MediaNode) {
			t.Errorf("%s: its media is at %s by the description, which is no public address", c.Name, c.MediaNode)
		}
		for _, m := range c.Media {
			sent, got = sent+m.PacketsSent, got+m.PacketsGot
		}
	}
	// What a node sends before it has heard the caller goes to the address in the
	// description, past the NAT: that is the beginning and no more. RTCP is
	// forwarded and not among the packets of RTP.
	in, out := w.Forwarded()
	if got == 0 || int64(in) < sent*3/4 || int64(out) < got*3/4 {
		t.Errorf("of %d packets to the nodes the NAT forwarded %d, of %d from them %d", sent, in, got, out)
	}
}

// public tells whether text is a node's public address, with or without a port.
func public(w *lab.World, text string) bool {
	addr, err := netip.ParseAddr(text)
	if at, bad := netip.ParseAddrPort(text); bad == nil {
		addr, err = at.Addr(), nil
	}
	return err == nil && w.Plan.IsPublic(addr)
}

// TestNATPlanned: the plan says both addresses of every node, and a node calls
// out from its public one.
func TestNATPlanned(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{NAT: true})
	org := contoso(t, w)
	var seen []netip.Addr
	for _, n := range w.Plan.Nodes {
		if n.Public == n.Address || w.Plan.IsPublic(n.Address) || !w.Plan.IsPublic(n.Public) {
			t.Errorf("%s: address %s, public %s; want an inner and a public one", n.Name, n.Address, n.Public)
		}
		placed, err := w.Place(t.Context(), n, lab.Place{Room: lab.Room, To: "sip:anna@" + lab.Contoso})
		if err != nil || placed.Status != http.StatusCreated {
			t.Fatalf("%s: %d %s %v", n.Name, placed.Status, placed.Body, err)
		}
		call := <-org.Answered()
		_, from := call.Node()
		if from.Addr() != n.Public || slices.Contains(seen, from.Addr()) {
			t.Errorf("%s calls from %s, not from %s", n.Name, from, n.Public)
		}
		seen = append(seen, from.Addr())
		if err := call.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestNATOnlyInOneProcess: what cannot be had is refused.
func TestNATOnlyInOneProcess(t *testing.T) {
	t.Parallel()
	if _, err := lab.Start(t.Context(), lab.Config{NAT: true, Program: []string{"true"}}); err == nil {
		t.Error("a NAT between processes was promised")
	}
}

// TestFaultsBehindNAT: a fault is the same with a NAT in between. Of inner
// addresses there are real ones now.
func TestFaultsBehindNAT(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"private-address-published", "pool-private-address", "node-address-differs", "pool-stale-address", "via-inner-address",
		"named-by-address", "domain-not-set", "dead-signaling-node", "dead-media-node", "swallow-syn", "port-says-nothing", "cert-missing-node", "only-tls13",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, lab.Config{Faults: []string{name}, NAT: true})
			r := checked(t, w, patience(name))
			if got, want := found(r), wanted(w, fault(t, name)); !slices.Equal(got, want) {
				t.Errorf("found %q\n want %q", got, want)
			}
		})
	}
}
