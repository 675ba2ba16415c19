package stack

import (
	"errors"
	"testing"
)

func TestParseURI(t *testing.T) {
	for _, c := range []struct{ in, user, host string }{
		{"sip:standup@vc.example.com", "standup", "vc.example.com"},
		{"SIPS:standup@VC.example.com:5061;transport=tls", "standup", "VC.example.com"},
		{"sip:vc.example.com", "", "vc.example.com"},
		{"sip:user;par=u%40example.net@example.com", "user;par=u%40example.net", "example.com"},
		{"sip:u@[2001:db8::10]:5070", "u", "[2001:db8::10]"},
		{"sip:anna@contoso.example;opaque=user:epid:yrmRjH4GQVqJor-JE9ciowAA;gruu", "anna", "contoso.example"},
		{"sip:anna@contoso.example;lr=1;", "anna", "contoso.example"},
	} {
		u, err := ParseURI(c.in)
		if err != nil || u.User != c.user || u.Host != c.host {
			t.Errorf("%s: got user %q host %q, %v", c.in, u.User, u.Host, err)
		}
	}
	u, err := ParseURI("sip:a@b.example;LR;Transport=TLS")
	if err != nil || !u.UriParams.Has("lr") || !u.UriParams.Has("transport") {
		t.Errorf("parameter names have no case: %v %v", u.UriParams, err)
	}
	if u, err := ParseURI("tel:+1555"); err != nil || u.Scheme != "tel" || u.Host != "" {
		t.Errorf("another scheme is its scheme: %+v %v", u, err)
	}
	for _, in := range []string{
		"", "sip:", "vc.example.com", "sip:u@good.example@evil.example", "sip:u@good.example\\@evil.example", "sip:u@", "sip:u@a b",
		"sip:u@good.example?Route=x", "sip://evil.example", "<sip:u@a.example>", "sip:u@a.example:x", "sip:u@a.example:0", "sip:u@a.example;;lr", "sip:u@a.example;lr;", "sip:u@2001:db8::1",
	} {
		if u, err := ParseURI(in); !errors.Is(err, ErrURI) {
			t.Errorf("%q is read as %+v, %v", in, u, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	a, err := ParseAddress(`"O\"Neil, A"<sip:anna@contoso.example;x=1>;tag=cd9;epid=69`)
	if err != nil || a.Display != `O"Neil, A` || a.URI.Host != "contoso.example" || a.Tag != "cd9" {
		t.Errorf("got %+v, %v", a, err)
	}
	if epid, ok := a.Params.Get("EPID"); !ok || epid != "69" {
		t.Error("parameters of the header")
	}
	for _, in := range []string{
		`"sip:u@good.example`, `sip:u@good.example;tag=1 <sip:u@evil.example>`, `<sip:u@good.example> <sip:u@evil.example>`, `<sip:u@good.example`,
		"<sip:u@good.example>;tag=1;tag=2",
	} {
		if a, err := ParseAddress(in); !errors.Is(err, ErrURI) {
			t.Errorf("%q is read as %+v, %v", in, a, err)
		}
	}
}
