package lync

import (
	"crypto/tls"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
)

// TestDialogOnAnotherLink: a node may open a link of its own for a request in
// the dialog, following the route to our Edge. Only its own certificate will do.
func TestDialogOnAnotherLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		invite := w.node.message("INVITE")
		other, err := w.node.dialEdge(w.issue(certs.Request{CommonName: "sip.fabrikam.example", Names: []string{"sip.fabrikam.example"}}))
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(other, w.node.inDialog("BYE", invite, 1))
		synctest.Wait()
		if c.Why() != "" || len(o.Unexpected()) != 1 {
			t.Errorf("somebody else hung up: %q, %+v", c.Why(), o.Unexpected())
		}
		w.node.message("481 BYE")
		own, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(own, w.node.inDialog("BYE", invite, 2))
		<-c.Ended()
		synctest.Wait()
		w.node.message("200 BYE")
		if w.node.link() != own {
			t.Error("the answer went to another link than the request")
		}
	})
}

// TestGenerationsOfTLS: an old Edge speaks what its Windows spoke.
func TestGenerationsOfTLS(t *testing.T) {
	for _, c := range []struct {
		gen      string
		min, max uint16 // of the node
		version  uint16 // 0: no handshake
	}{
		{"2010", tls.VersionTLS12, 0, 0},
		{"2010", tls.VersionTLS10, 0, tls.VersionTLS10},
		{"2013", 0, 0, tls.VersionTLS12},
		{"2013", tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS11},
		{"2015", 0, 0, tls.VersionTLS12},
		{"2015", tls.VersionTLS13, 0, 0},
		{"2019", 0, 0, tls.VersionTLS12},
		{"se", 0, 0, tls.VersionTLS13},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.config.EdgeGen = c.gen
			w.node.minTLS.Store(uint32(c.min))
			w.node.maxTLS.Store(uint32(c.max))
			edge, err := NewEdge(w.config)
			if err != nil {
				t.Fatal(err)
			}
			l, err := edge.Dial(t.Context(), "vc.example.com", nodeAddr.Addr())
			if c.version == 0 {
				var d *Diagnostic
				if !errors.As(err, &d) || d.ID != DiagHandshake {
					t.Errorf("%s: %v", c.gen, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", c.gen, err)
			}
			if got := l.State().Version; got != c.version {
				t.Errorf("%s: %s, want %s", c.gen, tls.VersionName(got), tls.VersionName(c.version))
			}
			l.Close()
		})
	}
}

// TestRefusedAfterHandshake: with TLS 1.3 the node's objection to our certificate
// comes when the handshake is over for us.
func TestRefusedAfterHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Certificate = w.issue(certs.Request{CommonName: "sip.contoso.example", Names: []string{"sip.contoso.example"}, ServerOnly: true})
		o := w.start()
		_, err := o.Call(t.Context(), spec)
		var d *Diagnostic
		if !errors.As(err, &d) || d.ID != DiagHandshake || !errors.Is(err, ErrLinkLost) {
			t.Errorf("%v", err)
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		if _, err := o.Call(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.node.silent.Store(true) // it will not answer BYE
		began := time.Now()
		o.Stop()
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("Stop took %s", took)
		}
		if _, err := o.Call(t.Context(), spec); err == nil {
			t.Error("a stopped organisation placed a call")
		}
	})
}

func TestConfigSaysWhatIsMissing(t *testing.T) {
	for _, c := range []Config{{}, {Domain: "a", Edge: "b", Encryption: "maybe"}} {
		if _, err := NewEdge(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	for _, g := range [][2]string{{"2007", ""}, {"", "2007"}} {
		if _, err := NewProfile(g[0], g[1], "contoso.example", "sip.contoso.example", 1); err == nil {
			t.Errorf("generation %q was taken", g)
		}
	}
}

func TestPartiesAreChecked(t *testing.T) {
	o := &Org{cfg: Config{Domain: "contoso.example"}}
	for _, bad := range []CallSpec{{To: "vc.example.com"}, {To: ""}, {To: "a@b\r\nX: y"}, {From: "a\nb", To: "a@b"}, {DisplayName: "a\r\nb", To: "a@b"}} {
		if from, to, _, err := o.parties(bad); err == nil {
			t.Errorf("%+v became %+v %s", bad, from, to)
		}
	}
	from, to, domain, err := o.parties(CallSpec{From: "anna", DisplayName: `An "na" Å`, To: "sip:meet@vc.example.com"})
	if err != nil || from.Address != "anna@contoso.example" || from.Display != `"An \"na\" Å"` || to != "meet@vc.example.com" || domain != "vc.example.com" {
		t.Errorf("%+v %s %s %v", from, to, domain, err)
	}
}
