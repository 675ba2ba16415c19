package edge

import (
	"strings"
	"testing"
	"time"

	"fedge/sip/gate"
)

// whole is a message that has arrived.
type whole struct{ *strings.Reader }

func (whole) SetReadDeadline(time.Time) error { return nil }

// TestAcceptable is RFC 3261 §20.1.
func TestAcceptable(t *testing.T) {
	const head = "INVITE sip:standup@vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.example\r\nFrom: <sip:a@a.example>;tag=1\r\n" +
		"To: <sip:standup@vc.example.com>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
	for _, c := range []struct {
		accept string
		want   bool
	}{
		{"", true}, // none: application/sdp
		{"Accept:\r\n", false},
		{"Accept: application/sdp\r\n", true},
		{"Accept: text/plain, Application/SDP;level=1\r\n", true},
		{"Accept: text/plain\r\nAccept: application / sdp\r\n", true},
		{"Accept: application\t/\tsdp;q=0.5\r\n", true},
		{"Accept: application\r\n /\tSDP\r\n", true},
		{"Accept: application/*\r\n", true},
		{"Accept: application/sd p, /, sdp\r\n", false},
		{"Accept: */*;q=0.1\r\n", true},
		{"Accept: application/sdp;q=0\r\n", false},
		{"Accept: application/sdp;q=0.000, */*\r\n", false}, // the narrowest range counts
		{"Accept: */*;q=0\r\nAccept: application/sdp;q=0.001\r\n", true},
		{"Accept: application/*;q=0, */*\r\n", false},
		{"Accept: text/nobodyKnowsThis\r\n", false},
		{"Accept: text/*\r\n", false},
	} {
		m, err := gate.NewReader(whole{strings.NewReader(head + c.accept + "Content-Length: 0\r\n\r\n")}, gate.Limits{}, nil).Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := acceptable(m); got != c.want {
			t.Errorf("%q: acceptable is %v", c.accept, got)
		}
	}
}

// TestLooked: without mutants a Request-URI is looked up as it came.
func TestLooked(t *testing.T) {
	for _, uri := range []string{"sip:%73tandup@VC.example.com;x=y", "sip:a;b=c@d", "sip:a%00b@c"} {
		if got := looked(uri); got != uri {
			t.Errorf("%q becomes %q", uri, got)
		}
	}
}
