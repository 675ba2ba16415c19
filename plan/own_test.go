package plan

import (
	"net/netip"
	"testing"
)

func TestOwn(t *testing.T) {
	p := &Plan{
		Domains: []Domain{{Name: "vc.example.com", Pool: "sip.vc.example.com"}},
		Nodes: []Node{{
			Name: "px01.vc.example.com", Address: netip.MustParseAddr("10.0.0.4"), Public: netip.MustParseAddr("2001:db8::4"),
		}},
	}
	for _, ours := range []string{
		"vc.example.com", "VC.Example.COM.", "sip.vc.example.com", "px01.vc.example.com", "10.0.0.4", "[2001:DB8::4]",
	} {
		if !p.Own(ours) {
			t.Errorf("%s is ours", ours)
		}
	}
	for _, foreign := range []string{"", "example.com", "px09.vc.example.com", "vc.example.com.evil.example", "10.0.0.5", "[2001:db8::5]", "contoso.example"} {
		if p.Own(foreign) {
			t.Errorf("%s is not ours", foreign)
		}
	}
}
