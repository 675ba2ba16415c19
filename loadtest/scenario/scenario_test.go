package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/loadtest"
)

const minimal = "name: a\nrate: 10\nduration: 5s\n"

func TestParse(t *testing.T) {
	got, err := Parse("a.yaml", []byte("name: a\nrate: 0.5\nduration: 1m30s\narrival: constant\ntrunks: 3\nhold: 2s\nmedia: audio\nroom: r@vc.example.com\n"))
	want := Scenario{
		Name: "a", Rate: 0.5, Duration: 90 * time.Second, Arrival: loadtest.Constant,
		Trunks: 3, Hold: 2 * time.Second, Media: MediaAudio, Room: "r@vc.example.com",
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = Parse("a.yaml", []byte(minimal))
	want = Scenario{Name: "a", Rate: 10, Duration: 5 * time.Second, Arrival: loadtest.Poisson, Trunks: 1, Media: MediaNone}
	if err != nil || got != want {
		t.Errorf("what is left out: got %+v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", minimal + "holt: 3s\n", "holt"},
		{"twice the same", minimal + "rate: 11\n", "[4:1]"},
		{"no yaml", "name: [", "a.yaml"},
		{"empty", "", "name is missing"},
		{"no rate", "name: a\nduration: 5s\n", "rate 0"},
		{"a rate in words", "name: a\nrate: fast\nduration: 5s\n", "[2:7]"},
		{"a time without unit", "name: a\nrate: 1\nduration: soon\n", `duration "soon"`},
		{"arrival", minimal + "arrival: burst\n", "poisson or constant"},
		{"trunks", minimal + "trunks: -1\n", "trunks -1"},
		{"too many trunks", minimal + "trunks: 65\n", "1 to 64"},
		{"hold", minimal + "hold: -3s\n", "hold -3s"},
		{"media", minimal + "media: video\n", "none or audio"},
		{"too much media", minimal + "media: audio\nhold: 1h\n", "calls with media"},
		{"too many calls", "name: a\nrate: 1000\nduration: 5s\nhold: 1h\n", "calls at once"},
		{"room", minimal + "room: standup\n", "user@domain"},
		{"all at once: trunks", "duration: 5s\ntrunks: 99\nmedia: x\n", "trunks 99"},
		{"all at once: media", "duration: 5s\ntrunks: 99\nmedia: x\n", "media \"x\""},
	} {
		if _, err := Parse("a.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want something about %s", tt.name, err, tt.want)
		}
	}
}

func TestBuiltins(t *testing.T) {
	if got := Builtins(); !slices.Equal(got, []string{"L1", "L4"}) {
		t.Errorf("built in are %v", got)
	}
	for _, name := range Builtins() {
		if s, err := Builtin(name); err != nil || !strings.HasPrefix(s.Name, name) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	for _, name := range []string{"", "L99", "../L1"} {
		if _, err := Builtin(name); err == nil || !strings.Contains(err.Error(), "L1, L4") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("name: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		if err == nil && s.Check() != nil {
			t.Errorf("%+v was accepted", s)
		}
	})
}
