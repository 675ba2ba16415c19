package raw

import "testing"

func TestMatchers(t *testing.T) {
	invite, err := Parse([]byte(interleaved))
	if err != nil {
		t.Fatal(err)
	}
	answer := func(status int) *Message {
		m, err := Respond(invite, status, "x", "t").Message()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	ok, trying := answer(200), answer(100)
	for _, c := range []struct {
		name  string
		match Match
		want  [3]bool // of INVITE, 100, 200
	}{
		{"request", Request("INVITE"), [3]bool{true, false, false}},
		{"any request", Request(""), [3]bool{true, false, false}},
		{"other request", Request("BYE"), [3]bool{}},
		{"response", Response(), [3]bool{false, true, true}},
		{"one of", Response(180, 200), [3]bool{false, false, true}},
		{"final", Final(), [3]bool{false, false, true}},
		{"provisional", Provisional(), [3]bool{false, true, false}},
		{"in call", InCall("c"), [3]bool{true, true, true}},
		{"by CSeq", ForCSeq(1, "INVITE"), [3]bool{true, true, true}},
		{"other CSeq", ForCSeq(2, "INVITE"), [3]bool{}},
		{"answer to", AnswerTo(invite), [3]bool{false, true, true}},
		{"and", And(Response(), Not(Final())), [3]bool{false, true, false}},
		{"or", Or(Request("INVITE"), Final()), [3]bool{true, false, true}},
	} {
		for i, m := range []*Message{invite, trying, ok} {
			if got := c.match(m); got != c.want[i] {
				t.Errorf("%s of %s: %v", c.name, m.Label(), got)
			}
		}
	}
}
