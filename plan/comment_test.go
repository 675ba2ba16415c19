package plan

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestCommented(t *testing.T) {
	t.Parallel()
	p, err := Load("testdata/vc.example.com.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Commented([]Comment{
		{Path: "", Above: "the file\nis ours"},
		{Path: "domains[0].pool", Beside: "the target"},
		{Path: "nodes[0]", Above: "the first node"},
		{Path: "nodes[0].roles", Beside: "what it does"},
		{Path: "nodes[1].certificate", Beside: "is not written"},
		{Path: "rooms", Above: "who can be called"},
		{Path: "nowhere.at[3].all", Above: "nor this"},
		{Path: "limits.calls", Above: "what is not there stands at the end"},
		{Path: "outbound", Beside: "evil\ncomment\x00\u2028key: value"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# the file\n# is ours\n", "# nor this\n", "pool: sip.vc.example.com   # the target\n", "# the first node\n- name: px01", "roles:   # what it does\n",
		"# is not written\n- name: px02", "# who can be called\nrooms:\n", "\n\n# nor this\n# what is not there stands at the end\n", "outbound: true   # evil   # comment  key: value\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	again, err := Parse(p.Path, text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, again) {
		t.Errorf("it was\n%+v\nand became\n%+v", p, again)
	}
}

// TestCommentedPaths: every value of every plan in testdata is found.
func TestCommentedPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"minimal.yaml", "two-domains.yaml", "vc.example.com.yaml"} {
		p, err := Load("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{places: map[string]place{}}
		root, ok := r.document(text)
		if !ok {
			t.Fatal(name, "cannot be read back")
		}
		new(Plan).read(root, ".")
		_, at := pathsOf(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
		for path, line := range at {
			want, known := r.places[path]
			// The reader places a list at its first item, an item at its value.
			if !known || want.line != line+1 && want.line != line+2 {
				t.Errorf("%s: %s is in line %d, the reader says %d (known: %v)", name, path, line+1, want.line, known)
			}
		}
		if len(at) < 8 {
			t.Errorf("%s: found only %v", name, at)
		}
	}
}

func FuzzCommented(f *testing.F) {
	text, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p, err := Parse("minimal.yaml", text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("nodes[0].roles", "above", "beside")
	f.Add("", "a\nb", "\t\x00")
	f.Fuzz(func(t *testing.T, path, above, beside string) {
		text, err := p.Commented([]Comment{{Path: path, Above: above, Beside: beside}})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(p.Path, text)
		if len(text) > maxFile || err == nil && reflect.DeepEqual(p, again) {
			return
		}
		t.Errorf("%v\n%q", err, text)
	})
}

// TestCommentedInstead: what nobody knows yet is written so that no plan with
// it passes, and the message leads to it.
func TestCommentedInstead(t *testing.T) {
	t.Parallel()
	p, err := Load("testdata/vc.example.com.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ line, says string }{
		"outbound":               {"outbound: FILL-IN   # who knows\n", "outbound is \"FILL-IN\""},
		"nodes[1].name":          {"- name: FILL-IN   # who knows\n", "name is \"FILL-IN\""},
		"nodes[1].address":       {"  address: FILL-IN   # who knows\n", "address is \"FILL-IN\""},
		"nodes[9].name":          {"# who knows\n", ""},
		"nowhere":                {"# who knows\n", ""},
		"rooms[0].aliases[0].at": {"# who knows\n", ""},
	} {
		text, err := p.Commented([]Comment{{Path: path, Instead: "FILL-IN", Beside: "who knows"}})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want.line) {
			t.Errorf("%s: %q is missing in\n%s", path, want.line, text)
		}
		_, err = Parse(p.Path, text)
		if (err == nil) != (want.says == "") || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: %v; want %q", path, err, want.says)
		}
	}
}
