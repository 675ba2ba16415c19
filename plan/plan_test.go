package plan_test

import (
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fedge/plan"
)

var update = flag.Bool("update", false, "write what is said into the golden files")

// example is the deployment of the documentation.
const example = "testdata/vc.example.com.yaml"

func load(t testing.TB, file string) *plan.Plan {
	t.Helper()
	p, err := plan.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// TestInvalid reads files with one mistake each: they are refused for that one
// alone, in these words.
func TestInvalid(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid-*.yaml")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all strings.Builder
	for _, file := range files {
		_, err := plan.Load(file)
		problems, ok := errors.AsType[*plan.Problems](err)
		if !ok || len(problems.List) != 1 {
			t.Errorf("%s: %v; want one problem", file, err)
		}
		if err != nil {
			all.WriteString(strings.TrimPrefix(err.Error(), "testdata/") + "\n")
		}
	}
	golden(t, "testdata/invalid.golden", all.String())
}

// TestAllTogether: a file with several mistakes is refused once, with all of
// them, in the order of the file, and without what merely follows from another.
func TestAllTogether(t *testing.T) {
	_, err := plan.Load("testdata/several.yaml")
	if _, ok := errors.AsType[*plan.Problems](err); !ok {
		t.Fatalf("error %v", err)
	}
	golden(t, "testdata/several.golden", strings.ReplaceAll(err.Error(), "testdata/", "")+"\n")
}

func TestExample(t *testing.T) {
	got := load(t, example)
	addr, in := netip.MustParseAddr, func(file string) string { return filepath.Join("testdata", file) }
	want := &plan.Plan{
		Path:       example,
		Domains:    []plan.Domain{{Name: "vc.example.com", Pool: "sip.vc.example.com"}},
		Outbound:   true,
		From:       plan.FromAlways,
		Verify:     true,
		MediaPorts: plan.PortRange{First: 40000, Last: 49999},
		Certificates: plan.Certificates{
			Roots: in("ca.pem"), Certificate: in("sip.vc.example.com.pem"), Key: in("sip.vc.example.com-key.pem"),
		},
		Locations: []plan.Location{{Name: "dmz", Overflow: []string{"cloud"}}, {Name: "cloud"}},
		Nodes: []plan.Node{
			{
				Name: "px01.vc.example.com", Address: addr("10.0.0.40"), Public: addr("198.51.100.40"), Location: "dmz",
				Roles: []plan.Role{plan.Signaling, plan.Media}, Admin: netip.MustParseAddrPort("127.0.0.1:9061"), Capacity: 120,
			},
			{
				Name: "px02.vc.example.com", Address: addr("10.0.0.41"), Public: addr("198.51.100.41"), Location: "dmz",
				Roles: []plan.Role{plan.Signaling, plan.Media}, Capacity: 100,
			},
			{
				Name: "px03.vc.example.com", Address: addr("10.0.0.42"), Public: addr("198.51.100.42"), Location: "dmz",
				Roles: []plan.Role{plan.Media}, Capacity: 100,
			},
			{
				Name: "px04.vc.example.com", Address: addr("198.51.100.43"), Location: "cloud", Roles: []plan.Role{plan.Media},
				Certificate: in("px04.pem"), Key: in("px04-key.pem"), Capacity: 100,
			},
		},
		Rooms: []plan.Room{
			{Name: "Alice", Aliases: []string{"meet.alice@vc.example.com", "alice@vc.example.com"}, PIN: "0123", Limit: 25},
			{Name: "Standup", Aliases: []string{"standup@vc.example.com", "standup@corp.lan"}},
			{Name: "Load", Aliases: []string{"load@vc.example.com"}, Media: plan.MediaNone},
		},
		Partners: []plan.Partner{
			{Domain: "contoso.example", Expect: plan.Reachable, Trust: plan.Discovered},
			{Domain: "fabrikam.example", Expect: plan.Unreachable, Trust: plan.Discovered},
			{Domain: "direct.example", Expect: plan.Reachable, Trust: plan.Allowed, Edge: "edge.direct.example"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestDefaults(t *testing.T) {
	p := load(t, "testdata/minimal.yaml")
	if p.Outbound || p.From != plan.FromAlways || !p.Verify || p.MediaPorts.String() != "40000-49999" || p.Resolver.IsValid() {
		t.Errorf("defaults: %+v", p)
	}
	if p.Partners[0].Expect != plan.Reachable || p.Partners[0].Trust != plan.Discovered {
		t.Errorf("defaults of a partner: %+v", p.Partners[0])
	}
}

// TestForms: what may be written in more than one way.
func TestForms(t *testing.T) {
	const text = `
domains: [{name: VC.example.com., pool: SIP.vc.example.com}]
locations: [{name: 1}]
nodes:
  - {name: px01.vc.example.com, address: 127.1.0.11, roles: [signaling, media], location: 1}
public_ranges: [127.0.0.0/8]
outbound: true
verify: off
resolver: 127.1.0.2:5353
rooms:
  - {name: 7, aliases: ['Jürgen Müller@vc.example.com', "7@VC.example.com"], pin: 0123}
`
	p, err := plan.Parse("deployment.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if p.Domains[0] != (plan.Domain{Name: "vc.example.com", Pool: "sip.vc.example.com"}) || p.Nodes[0].Location != "1" ||
		!p.Outbound || p.Verify || p.Resolver.Port() != 5353 || p.Rooms[0].PIN != "0123" || p.Rooms[0].Name != "7" ||
		p.Rooms[0].Aliases[0] != "Jürgen Müller@vc.example.com" || p.Rooms[0].Aliases[1] != "7@vc.example.com" {
		t.Errorf("read as %+v", p)
	}
}

// TestByteOrderMark: editors on Windows begin a file with one.
func TestByteOrderMark(t *testing.T) {
	data, err := os.ReadFile("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	marked, err := plan.Parse("testdata/minimal.yaml", append([]byte("\ufeff"), data...))
	if err != nil || !reflect.DeepEqual(marked, load(t, "testdata/minimal.yaml")) {
		t.Errorf("read as %+v, %v", marked, err)
	}
	_, err = plan.Parse("p.yaml", []byte("\ufeffdomans: []\n"))
	if err == nil || !strings.Contains(err.Error(), `p.yaml:1:1: unknown key "domans"`) {
		t.Errorf("a mistake behind the mark: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := plan.Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("no such file: %v", err)
	}
	if _, err := plan.Load(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
	for name, c := range map[string]struct{ text, want string }{
		"a huge file":         {strings.Repeat("# a plan\n", 1<<17), "p.yaml:1:1: the file has 1179648 bytes; write a plan of at most 1048576 bytes"},
		"an endless line":     {"\n" + strings.Repeat("a: ", 300000), "p.yaml:2:4097: this line is too long; write lines of at most 4096 bytes"},
		"an abyss":            {strings.Repeat("[\n", 300000), "p.yaml:17:1: this is nested deeper than any plan; look at the brackets and the indentation here"},
		"steps without end":   {steps(1000), "unknown key"},
		"something else":      {"\x7fELF\x02\x01\x01\x00", "p.yaml:1:1: "},
		"UTF-16":              {"\xff\xfed\x00o\x00m\x00a\x00", "p.yaml:1:1: the file is not UTF-8"},
		"brackets that close": {"a: [" + strings.Repeat("[], ", 20) + "]", "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plan.Parse("p.yaml", []byte(c.text))
			if _, ok := errors.AsType[*plan.Problems](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %.200v, want %q", err, c.want)
			}
		})
	}
}

// steps is a file that goes one blank further in on every line.
func steps(depth int) string {
	var text strings.Builder
	for i := range depth {
		text.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return text.String()
}

func TestPINStaysSecret(t *testing.T) {
	_, err := plan.Load("testdata/invalid-pin.yaml")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v; it may end up in a log", err)
	}
}

func TestRoundTrip(t *testing.T) {
	files := []string{example, "testdata/minimal.yaml", "testdata/two-domains.yaml", "testdata/capacity.yaml", "testdata/federation.yaml", "testdata/inside.yaml"}
	for _, file := range files {
		p := load(t, file)
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := plan.Parse(file, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(back, p) {
			t.Errorf("%s: written\n%s\nread back as\n%+v\nwant\n%+v", file, text, back, p)
		}
	}
}

// TestMarshalPaths: a plan is written beside its files, or far from them.
func TestMarshalPaths(t *testing.T) {
	for _, c := range []struct{ name, plan, file, want string }{
		{"beside", "out/deployment.yaml", "out/ca.pem", "ca.pem"},
		{"below", "out/deployment.yaml", "out/pki/ca.pem", "pki/ca.pem"},
		{"beside it, both relative", "out/deployment.yaml", "pki/ca.pem", "../pki/ca.pem"},
		{"both absolute", "/srv/out/deployment.yaml", "/srv/out/ca.pem", "ca.pem"},
		{"far away", "/srv/out/deployment.yaml", "/etc/pki/ca.pem", "/etc/pki/ca.pem"},
		{"absolute from relative", "deployment.yaml", "/etc/pki/ca.pem", "/etc/pki/ca.pem"},
		{"nowhere yet", "", "ca.pem", "ca.pem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := load(t, "testdata/minimal.yaml")
			p.Path, p.Certificates.Roots = c.plan, c.file
			text, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "roots: "+c.want+"\n") {
				t.Errorf("want roots: %s in\n%s", c.want, text)
			}
			back, err := plan.Parse(c.plan, text)
			if err != nil || back.Certificates.Roots != c.file {
				t.Errorf("read back as %q, %v", back.Certificates.Roots, err)
			}
		})
	}
	p := load(t, "testdata/minimal.yaml")
	p.Path, p.Nodes[0].Certificate = "/srv/deployment.yaml", "px01.pem"
	if _, err := p.Marshal(); err == nil || !strings.Contains(err.Error(), "make it absolute") {
		t.Errorf("a path that cannot be said: %v", err)
	}
}

// FuzzParse holds that no file stops the parser, and that what it takes is
// written and read back unchanged.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.Parse("deployment.yaml", data)
		if err != nil {
			if _, ok := errors.AsType[*plan.Problems](err); !ok {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := plan.Parse("deployment.yaml", text)
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Errorf("%q\nwas written as\n%s\nand read back as\n%+v\n%v\nwant\n%+v", data, text, back, err, p)
		}
	})
}

// TestNameless: a node whose name cannot be read yet is told by its line.
func TestNameless(t *testing.T) {
	_, err := plan.Parse("p.yaml", []byte(`
domains: [{name: vc.example.com, pool: sip.vc.example.com}]
locations: [{name: dmz}]
nodes:
  - {name: px01.vc.example.com, address: 198.51.100.40, roles: [signaling, proxying], location: dmz}
  - {name: FILL-IN, address: 198.51.100.41, roles: [media], location: dmz}
`))
	if err == nil || !strings.Contains(err.Error(), "media nodes and proxying nodes: the node in line 6 and px01.vc.example.com;") {
		t.Errorf("error %v", err)
	}
}

// TestFederation: whom the plan trusts, and what it puts up with.
// TestCaller: a call out shows most from a room in another domain.
func TestCaller(t *testing.T) {
	t.Parallel()
	for want, rooms := range map[string][]plan.Room{
		"":                          nil,
		"a@vc.example.com":          {{Name: "none"}, {Aliases: []string{"a@vc.example.com", "b@VC.example.com"}}},
		"visitor@elsewhere.example": {{Aliases: []string{"a@vc.example.com"}}, {Aliases: []string{"b@vc.example.com", "visitor@elsewhere.example"}}},
	} {
		p := &plan.Plan{Domains: []plan.Domain{{Name: "vc.example.com"}}, Rooms: rooms}
		if got := p.Caller(); got != want {
			t.Errorf("%v: %q, want %q", rooms, got, want)
		}
	}
}

func TestFederation(t *testing.T) {
	p := load(t, "testdata/federation.yaml")
	if !p.Closed || p.Limits != (plan.Limits{Calls: 500, Discovered: 20, Outbound: 20, WrongAliases: 20}) {
		t.Errorf("closed %v, limits %+v", p.Closed, p.Limits)
	}
	for domain, want := range map[string]bool{"evil.example": true, "Evil.Example.": true, "adatum.example": true, "x.evil.example": false, "contoso.example": false, "": false} {
		if p.Blocks(domain) != want {
			t.Errorf("blocks %q: %v", domain, !want)
		}
	}
	for host, want := range map[string]bool{"sipfed.host.example": true, "SIPFED.host.example.": true, "host.example": false, "x.sipfed.host.example": false} {
		if p.Provides(host) != want {
			t.Errorf("provides %q: %v", host, !want)
		}
	}
}
