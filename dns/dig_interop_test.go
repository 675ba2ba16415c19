//go:build interop

package dns_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"fedge/dns"
)

// TestDig has dig read what the server says, over both transports.
func TestDig(t *testing.T) {
	server := serve(t, example)
	dig := func(args ...string) string {
		t.Helper()
		all := append([]string{"@" + server.Addr().Addr().String(), "-p", strconv.Itoa(int(server.Addr().Port())), "+tries=1", "+time=5"}, args...)
		out, err := exec.CommandContext(t.Context(), "dig", all...).CombinedOutput()
		if err != nil {
			t.Fatalf("dig %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, transport := range []string{"+notcp", "+tcp"} {
		if got := dig(transport, "+short", "SRV", dns.FederationName("vc.example.com")); got != "1 100 5061 SIP.vc.example.com.\n" {
			t.Errorf("%s: dig reads the SRV record as %q", transport, got)
		}
		got := dig(transport, "A", "sip.vc.example.com")
		for _, want := range []string{"status: NOERROR", "flags: qr aa rd", "198.51.100.40", "198.51.100.41", "ANSWER: 2"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: dig does not show %q:\n%s", transport, want, got)
			}
		}
		if strings.Contains(got, "WARNING: Message parser") || strings.Contains(got, "malformed") {
			t.Errorf("%s: dig complains:\n%s", transport, got)
		}
		if got := dig(transport, "A", "px09.vc.example.com"); !strings.Contains(got, "status: NXDOMAIN") || !strings.Contains(got, "SOA") {
			t.Errorf("%s: dig on a name that is not there:\n%s", transport, got)
		}
	}
}
