package gate

import "testing"

// TestParseMediaType is RFC 3261 §25.1: m-type SLASH m-subtype *(SEMI m-parameter).
func TestParseMediaType(t *testing.T) {
	for _, c := range []struct{ in, name, boundary string }{
		{"application/sdp", "application/sdp", ""},
		{"Application/SDP", "application/sdp", ""},
		{"application / sdp", "application/sdp", ""},
		{"application\t/\tsdp", "application/sdp", ""},
		{"application/ sdp ;charset=utf-8", "application/sdp", ""},
		{"application\r\n / sdp", "application/sdp", ""},
		{"application/sdp;", "application/sdp", ""},
		{"application/ms-call-context+xml", "application/ms-call-context+xml", ""},
		{"*/*;q=0.1", "*/*", ""},
		{"text / *", "text/*", ""},
		{`Multipart/MIXED ; Boundary = "a;b/c"`, "multipart/mixed", "a;b/c"},
	} {
		got, err := ParseMediaType(c.in)
		boundary, _ := got.Params.Get("boundary")
		if err != nil || got.Name != c.name || boundary != c.boundary {
			t.Errorf("%q is %q with boundary %q, %v", c.in, got.Name, boundary, err)
		}
	}
	for _, in := range []string{"", " ", ";", "application", "/", "application/", "/sdp", "application/sdp/x", "application/s dp", "app lication/sdp", `"application"/sdp`, "application/sdp,text/plain"} {
		if got, err := ParseMediaType(in); err == nil {
			t.Errorf("%q is taken as %q", in, got.Name)
		}
	}
}

// TestParseDisposition is RFC 3261 §20.11.
func TestParseDisposition(t *testing.T) {
	for in, want := range map[string]Disposition{
		"":                                  {},
		";;;":                               {},
		"session":                           {Name: "session"},
		"Session;Handling=OPTIONAL":         {"session", "optional"},
		"session ; handling = required ; x": {"session", "required"},
		"render;handling=later":             {"render", "later"},
		"session; handling=optional; ms-proxy-2007fallback": {"session", "optional"},
	} {
		got := ParseDisposition(in)
		if got != want || got.Optional() != (want.Handling == "optional") || got.Required() != (want.Handling == "required") {
			t.Errorf("%q is %+v", in, got)
		}
	}
}
