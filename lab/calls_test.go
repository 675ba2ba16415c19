package lab_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
	"fedge/result"
	"fedge/sip/raw"
)

func contoso(t *testing.T, w *lab.World) *lync.Org {
	t.Helper()
	org, err := w.Organisation(t.Context(), lab.Contoso, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(org.Stop)
	return org
}

// TestMeetingAcrossNodes: callers of both signaling nodes, of both client
// generations, hear each other and not themselves.
func TestMeetingAcrossNodes(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	signaling := w.Plan.Signaling()
	calls, err := lab.Meeting(t.Context(), org, []lync.CallSpec{
		{From: "anna", To: lab.Room, Tone: 443, Node: signaling[0].PublicAddr()},
		{From: "ben", To: lab.Room, Tone: 709, Node: signaling[1].PublicAddr()},
		{From: "cleo", To: lab.Room, Tone: 1151}, // where DNS leads
	}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	nodes, media := map[string]bool{}, map[string]bool{}
	for _, c := range w.Name(calls) {
		nodes[c.Node], media[c.MediaNode] = true, true
		if c.Verdict != result.Pass {
			t.Errorf("%s: %s", c.Name, c.Detail)
		}
	}
	if len(nodes) != 2 {
		t.Errorf("signaling nodes %v; want both", nodes)
	}
	if len(media) != 1 {
		t.Errorf("media nodes %v; a room lives on one as long as it has room", media)
	}
}

// TestMediaNodeLost: a media node that dies ends its calls with a reason, and
// the next call lands elsewhere, seen at the sockets of the named node.
func TestMediaNodeLost(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	spec := lync.CallSpec{From: "anna", To: lab.Room, Tone: 443}
	call, err := org.Call(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	lost := w.Name([]result.Call{lab.Record("first", call, spec)})[0].MediaNode
	if err := w.Nodes().StopMedia(lost); err != nil {
		t.Fatal(err)
	}
	select {
	case <-call.Ended():
	case <-time.After(5 * time.Second):
		t.Fatal("the call lives on 5 s after its media node died")
	}
	if why := call.Why(); !strings.Contains(why, "media") {
		t.Errorf("the call ended with %q; want a reason that names the media", why)
	}
	calls, err := lab.Meeting(t.Context(), org, []lync.CallSpec{
		{From: "anna", To: lab.Room, Tone: 443}, {From: "ben", To: lab.Room, Tone: 709},
	}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Name(calls) {
		if c.Verdict != result.Pass || c.MediaNode == lost {
			t.Errorf("%s on %s: %s", c.Name, c.MediaNode, c.Detail)
		}
		if load, ok := w.Nodes().Load(c.MediaNode); !ok || load.Packets == 0 {
			t.Errorf("%s: no packet arrived at %s itself", c.Name, c.MediaNode)
		}
	}
}

// TestFrom: the bytes of From as the partner received them, whoever called.
func TestFrom(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	node := w.Plan.Signaling()[0]
	for _, test := range []struct{ name, from, display, want string }{
		{"a room calls", "", "", "<sip:meet.alice@vc.example.com>;tag="},
		{"an alias in a foreign domain is given ours", "sip:visitor@elsewhere.example", "", "<sip:visitor@vc.example.com>;tag="},
		{"an address is no domain", "<sip:u@10.0.0.5>", "", "<sip:u@vc.example.com>;tag="},
		{"a name in UTF-8 arrives as it is", "sip:zoe@vc.example.com", "Zoë Müller 会議", `"Zoë Müller 会議" <sip:zoe@vc.example.com>;tag=`},
	} {
		placed, err := w.Place(t.Context(), node, lab.Place{Room: lab.Room, To: "sip:anna@" + lab.Contoso, From: test.from, Name: test.display})
		if err != nil || placed.Status != http.StatusCreated {
			t.Errorf("%s: %d %s %v", test.name, placed.Status, placed.Body, err)
			continue
		}
		_, got, err := w.Arrived(t.Context(), org)
		if err != nil {
			t.Fatal(test.name, err)
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: From: %s, want %s…", test.name, got, test.want)
		}
	}
}

// TestEveryNodeCallsOut: media nodes too, each under its own name.
func TestEveryNodeCallsOut(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	for _, n := range w.Plan.Nodes {
		placed, err := w.Place(t.Context(), n, lab.Place{Room: lab.Room, To: "sip:anna@" + lab.Contoso})
		if err != nil || placed.Status != http.StatusCreated {
			t.Errorf("%s: %d %s %v", n.Name, placed.Status, placed.Body, err)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		select {
		case call := <-org.Answered():
			invite, err := raw.Parse(call.Received())
			if err != nil {
				t.Fatal(err)
			}
			if contact := invite.Get("Contact"); !strings.Contains(contact, "@"+n.Name+":5061;transport=tls") {
				t.Errorf("%s: Contact %s", n.Name, contact)
			}
			call.Hangup(ctx)
		case <-ctx.Done():
			t.Errorf("%s: no call arrived", n.Name)
		}
		cancel()
	}
}

// TestNobodyThere: contoso has the users that its file names, and no others.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	node := w.Plan.Signaling()[0]
	for _, user := range lab.Users(lab.Contoso) {
		placed, err := w.Place(t.Context(), node, lab.Place{Room: lab.Room, To: "sip:" + user})
		if err != nil || placed.Status != http.StatusCreated {
			t.Errorf("%s: %d %s %v", user, placed.Status, placed.Body, err)
			continue
		}
		if _, _, err := w.Arrived(t.Context(), org); err != nil {
			t.Error(err)
		}
	}
	placed, err := w.Place(t.Context(), node, lab.Place{Room: lab.Room, To: "sip:nobody@" + lab.Contoso})
	if err != nil || placed.Status < 400 || !strings.Contains(placed.Body, "404") {
		t.Errorf("nobody: %d %s %v; want 404", placed.Status, placed.Body, err)
	}
}

// TestDistrust: a partner that DNS does not know is refused both ways, and the
// answer names the record that is missing.
func TestDistrust(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	placed, err := w.Place(t.Context(), w.Plan.Signaling()[0], lab.Place{Room: lab.Room, To: "sip:kim@" + lab.Fabrikam})
	if err != nil {
		t.Fatal(err)
	}
	if placed.Status < 400 || !strings.Contains(placed.Body, "_sipfederationtls._tcp."+lab.Fabrikam) {
		t.Errorf("outward: %d %s; want the missing record by name", placed.Status, placed.Body)
	}
	org, err := w.Organisation(t.Context(), lab.Fabrikam, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer org.Stop()
	if _, err := org.Call(t.Context(), lync.CallSpec{From: "kim", To: lab.Room}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("inward: %v, want 403", err)
	}
}

// TestMediaNodeRefusesCalls: a node without the signaling role answers OPTIONS
// and refuses calls.
func TestMediaNodeRefusesCalls(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	_, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: lab.Room, Node: w.Plan.MediaNodes()[0].PublicAddr()})
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("%v, want 403", err)
	}
}

// TestAliases: what a call is for, and what it is answered with.
func TestAliases(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	node := w.Plan.Signaling()[0]
	for to, want := range map[string]string{
		lab.Room:                    "",
		"MEET.ALICE@VC.EXAMPLE.COM": "", // people type names freely
		"meet.alice@VC.example.COM": "",
		"nobody@" + lab.Domain:      "404",
	} {
		call, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: to, Node: node.PublicAddr(), MediaNone: true})
		if err == nil {
			call.Hangup(t.Context())
		}
		if got := fmt.Sprint(err); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("%s: %v, want %q", to, err, want)
		}
	}
}
