package sdp

import "testing"

// TestFamilies: a node that has only IPv4 serves who has IPv4 where it counts,
// and refuses whom its packets cannot reach (RFC 4566 §5.7: a section's c= is
// that section's).
func TestFamilies(t *testing.T) {
	const audio = "m=audio 9 RTP/AVP 0\n"
	for _, c := range []struct {
		why, session, section string
		ipv4, ok              bool
	}{
		{"IPv4", "IN IP4 192.0.2.1", "", true, true},
		{"IPv6 to who has it", "IN IP6 2001:db8::1", "", false, true},
		{"IPv6 to who has not", "IN IP6 2001:db8::1", "", true, false},
		{"an IPv4 section of an IPv6 session", "IN IP6 2001:db8::1", "IN IP4 192.0.2.1", true, true},
		{"an IPv6 section of an IPv4 session", "IN IP4 192.0.2.1", "IN IP6 2001:db8::1", true, false},
		{"IPv4 written as IPv6", "IN IP6 ::ffff:192.0.2.1", "", true, true},
	} {
		offer := "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=" + c.session + "\nt=0 0\n" + audio
		if c.section != "" {
			offer += "c=" + c.section + "\n"
		}
		_, err := Choose(parse(t, crlf(offer)), Policy{Plain: true, IPv4: c.ipv4})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}
