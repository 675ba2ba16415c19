package lab_test

import (
	"crypto/tls"
	"net/netip"
	"path/filepath"
	"testing"

	"fedge/certs"
	"fedge/lab"
	"fedge/lab/phone"
	"fedge/lync"
)

// TestInteropPhone: a plain SIP user agent, on a stack that is neither side's, joins a
// Lync client in a room, and each hears the other.
func TestInteropPhone(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	anna, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: lab.Room, Tone: 443, Expect: []float64{1009}})
	if err != nil {
		t.Fatal(err)
	}
	defer anna.Hangup(t.Context())
	p, err := phone.Call(t.Context(), plainPhone(t, w))
	if err != nil {
		t.Fatal(err)
	}
	heard, err := p.Hear(t.Context(), 16000)
	if err != nil {
		t.Fatal(err)
	}
	tail := heard[8000:] // the first second may begin before anna's tone
	if got := lync.Levels(tail, 443, 1009); got[0] < lab.HeardDecibel || got[1]-got[0] > lab.EchoDecibel {
		t.Errorf("the phone hears 443 Hz at %.1f dB and itself at %.1f dB", got[0], got[1])
	}
	back, err := anna.Listen(t.Context(), 1e9, 1009)
	if err != nil {
		t.Fatal(err)
	}
	if back.Tones[1009] < lab.HeardDecibel {
		t.Errorf("anna hears the phone at %.1f dB", back.Tones[1009])
	}
	if err := p.Hangup(t.Context()); err != nil {
		t.Error("hanging up:", err)
	}
}

// plainPhone is a user of contoso's with contoso's certificate.
func plainPhone(t *testing.T, w *lab.World) phone.Config {
	t.Helper()
	return phone.Config{
		From: "desk@" + lab.Contoso, Room: "meet.alice", Host: "sip." + lab.Domain, Port: lab.SIPPort,
		Resolver: w.Resolver, Certificate: contosoCertificate(t, w), Roots: w.Roots, Media: address(t, w, "phone"), Tone: 1009,
	}
}

func contosoCertificate(t *testing.T, w *lab.World) tls.Certificate {
	t.Helper()
	host := filepath.Join(w.Dir, "sip."+lab.Contoso)
	c, err := certs.Read(host+".pem", host+"-key.pem")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// address of a host that the world keeps free for visitors.
func address(t *testing.T, w *lab.World, role string) netip.Addr {
	t.Helper()
	for _, h := range w.Hosts {
		if h.Role == role {
			return h.Address
		}
	}
	t.Fatalf("the world has no host for a %s", role)
	return netip.Addr{}
}
