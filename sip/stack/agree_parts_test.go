package stack

import (
	"strconv"
	"strings"
	"testing"

	"fedge/sip/gate"
	"fedge/sip/raw"
)

// FuzzURIs: of a URI that the gate takes, the simulator finds the same user,
// host and port; and sipgo does, or ParseURI refuses it.
func FuzzURIs(f *testing.F) {
	for _, s := range []string{
		"sip:a@b.example", "sips:a:b@b.example:5061;transport=tls;lr", "sip:[2001:db8::1]:5060;x", "sip:%61;x=y@b.example", "sip:a?b@c", "sip:a@1.2.3.4:1;maddr=x", "tel:+1;a=b",
		"sip:a@b;c=d:5060", "sip:a;b=c;d@e", "sip:/a@b", "sip://a@b", "sip:a@[::ffff:1.2.3.4]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ours, err := gate.SplitURI(s)
		if err != nil || !ours.SIP() {
			return
		}
		theirs, err := raw.ParseURI(s)
		if err != nil || theirs.User != ours.User || theirs.Host != ours.Host || theirs.Port != ours.Port {
			t.Fatalf("%q: the simulator reads %+v, the gate %+v, %v", s, theirs, ours, err)
		}
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		user := u.User
		if u.Password != "" {
			user += ":" + u.Password
		}
		if user != ours.User || u.Host != ours.Host || u.Port != ours.Port {
			t.Fatalf("%q: sipgo reads %+v, the gate %+v", s, u, ours)
		}
		for _, name := range []string{"lr", "maddr", "transport"} {
			if ours.Params.Has(name) != u.UriParams.Has(name) {
				t.Fatalf("%q: sipgo and the gate see different parameters: %+v, %+v", s, u, ours)
			}
		}
	})
}

// FuzzAddresses: of a From, To or Contact that the gate takes, the simulator
// finds the same URI and tag, and the stack's own reading is the gate's.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{
		`"Anna"<sip:anna@contoso.example>;tag=1`, "Anna B <sip:a@b>;x=\"y;tag=2\" ; tag = 3", "sip:a@b;tag=1", "<sip:a@b;lr>;tag=0D", "\"a\\\"b\" <sip:a@b>", "<sip:a;tag=1@b>;TAG=2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ours, err := gate.ParseAddress(s)
		if err != nil || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return // control characters get no further than the gate
		}
		if _, err := gate.SplitURI(ours.URI); err != nil {
			return
		}
		theirs, err := raw.ParseNameAddr(s)
		tag, _ := ours.Params.Get("tag")
		their, _ := theirs.Params.Get("tag")
		if err != nil || theirs.URI.Original != ours.URI || their != tag {
			t.Fatalf("%q: the simulator reads %+v, the gate %+v, %v", s, theirs, ours, err)
		}
		if a, err := ParseAddress(s); err == nil && (a.Tag != tag || a.Display != ours.Text()) {
			t.Fatalf("%q: %+v and %+v", s, a, ours)
		}
	})
}

// FuzzVias: of a Via that the gate takes, the simulator finds the same hop and
// branch.
func FuzzVias(f *testing.F) {
	for _, s := range []string{
		"SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa", "SIP / 2.0 / UDP a.example ; rport ; received = 1.2.3.4", "SIP/2.0/TCP [2001:db8::9]:5061;received=[2001:db8::1];BRANCH=x",
		"SIP/2.0/TLS a : 5061;x=\"a;branch=b\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ours, err := gate.ParseVia(s)
		if err != nil || strings.ContainsAny(s, "\r\n") {
			return // values come unfolded
		}
		theirs, err := raw.ParseVia(s)
		branch, _ := theirs.Params.Get("branch")
		port, _ := strconv.Atoi(ours.Port)
		if err != nil || theirs.Transport != ours.Transport || theirs.Host != ours.Host || theirs.Port != port || branch != ours.Branch {
			t.Fatalf("%q: the simulator reads %+v, the gate %+v, %v", s, theirs, ours, err)
		}
	})
}
