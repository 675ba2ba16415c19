package report

import (
	"slices"
	"strings"
	"testing"
)

// What has to be typed can be taken out of a fix; nothing of the fix gets lost.
func TestLiteralsOfAFix(t *testing.T) {
	for fix, want := range map[string][]string{
		"publish _sipfederationtls._tcp.vc.example.com SRV 1 100 5061 sip.vc.example.com":                       {"_sipfederationtls._tcp.vc.example.com SRV 1 100 5061 sip.vc.example.com"},
		"publish sip.vc.example.com A 198.51.100.12; remove sip.vc.example.com A 10.0.0.7":                      {"sip.vc.example.com A 198.51.100.12", "sip.vc.example.com A 10.0.0.7"},
		"publish px02.vc.example.com A 198.51.100.41 in place of 10.0.0.41":                                     {"px02.vc.example.com A 198.51.100.41", "10.0.0.41"},
		"remove sip.vc.example.com AAAA 2001:db8::42":                                                           {"sip.vc.example.com AAAA 2001:db8::42"},
		"add px01.vc.example.com, px02.vc.example.com to the subject alternative names":                         {"px01.vc.example.com, px02.vc.example.com"},
		"start px02.vc.example.com, and open TCP 5061 to 198.51.100.41 in every firewall before it":             {"px02.vc.example.com", "198.51.100.41"},
		"the partner must publish _sipfederationtls._tcp.contoso.example SRV to port 5061; tell its admin.":     {"_sipfederationtls._tcp.contoso.example"},
		"issue the certificate with extended key usage serverAuth, clientAuth, or give the nodes a certificate": nil,
		"": nil,
	} {
		var whole strings.Builder
		var got []string
		for _, p := range pieces(fix) {
			whole.WriteString(p.Text)
			if p.Literal {
				got = append(got, p.Text)
			}
		}
		if !slices.Equal(got, want) || whole.String() != fix {
			t.Errorf("%q: %q, want %q", fix, got, want)
		}
	}
}
