package infinity

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"fedge/certs"
	"fedge/plan"
)

var update = flag.Bool("update", false, "write what is said into the golden files")

// noon is when certificates are judged in these tests.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestFixtures: each directory holds one mistake, or none; its golden file is
// the plan and the report, or what is wrong with the files.
func TestFixtures(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/*/worker_vm.json")
	more, err2 := filepath.Glob("testdata/missing")
	if err != nil || err2 != nil || len(dirs) < 25 {
		t.Fatal(err, err2, dirs)
	}
	for _, dir := range append(more, dirs...) {
		dir = strings.TrimSuffix(dir, "/worker_vm.json")
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			golden(t, dir+".golden", said(t, os.DirFS(dir)))
		})
	}
}

// said is all that an import says.
func said(t *testing.T, dir fs.FS) string {
	t.Helper()
	in, err := Read(dir, noon)
	if err != nil {
		if _, files := errors.AsType[*Problems](err); !files {
			t.Fatal(err)
		}
		return err.Error() + "\n"
	}
	text, err := in.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Parse("imported.yaml", text); (err == nil) != (len(in.Report.Refused) == 0) {
		t.Errorf("Parse says %v, the report %v", err, in.Report.Refused)
	}
	var report strings.Builder
	if err := in.Report.Text(&report); err != nil {
		t.Fatal(err)
	}
	all := string(text) + "---- report\n" + report.String()
	if strings.Contains(all, "CANARY") || strings.Contains(all, "BEGIN") {
		t.Errorf("a secret of the platform is in\n%s", all)
	}
	return all
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: go test ./infinity -update writes what is said now:\n%s", file, got)
	}
}

// TestMistakes: each fixture's mistake is found by its rule, and by no other.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"clean": "", "pages": "", "dual-homed": "", "inside-node": "", "two-domains": "", "six-nodes": "", "proxying": "", "private": "",
		"mssip-proxy": "LOC-01", "rule-server": "LOC-02", "nat-mix": "LOC-04", "proxy-mix": "LOC-05", "proxy-alone": "LOC-06", "no-rooms": "LOC-07",
		"rule-loose": "LOC-08 LOC-09", "no-fqdn": "FQD-01", "duplicate-fqdn": "FQD-02", "fqdn-is-pool": "FQD-03",
		"no-domain": "DOM-01", "domain-override": "DOM-03", "verify-off": "CRT-14", "san-missing": "CRT-03", "wildcard": "CRT-05", "no-certificate": "CRT-15",
		"private-nat": "DNS-11",
	} {
		in, err := Read(os.DirFS("testdata/"+dir), noon)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := strings.Join(in.Report.Rules(), " "); got != want {
			t.Errorf("%s: found %q, want %q", dir, got, want)
		}
		refused := slices.Contains([]string{"nat-mix", "proxy-mix", "proxy-alone", "private", "private-nat"}, dir)
		if got := len(in.Report.Refused) > 0; got != refused {
			t.Errorf("%s: to mend in the plan: %q", dir, in.Report.Refused)
		}
	}
}

// TestCertificates reads certificates themselves: dates, usage, issuer.
func TestCertificates(t *testing.T) {
	t.Parallel()
	names := []string{"sip.vc.example.com", "px01.vc.example.com", "px02.vc.example.com", "px03.vc.example.com", "vc.example.com"}
	for _, test := range []struct {
		name    string
		request certs.Request
		client  bool // a client certificate of its own
		want    string
	}{
		{"good", certs.Request{Names: names}, false, ""},
		{"expired", certs.Request{Names: names, NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(0, 0, -1)}, false, "CRT-11"},
		{"early", certs.Request{Names: names, NotBefore: noon.AddDate(0, 0, 1), NotAfter: noon.AddDate(0, 2, 0)}, false, "CRT-11"},
		{"server only", certs.Request{Names: names, ServerOnly: true}, false, "CRT-09"},
		{"server only, and a client certificate", certs.Request{Names: names, ServerOnly: true}, true, ""},
		{"without the domain", certs.Request{Names: names[:4]}, false, "CRT-04"},
	} {
		authority, err := certs.NewAuthority("Example Public CA", noon.AddDate(-2, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if test.request.CommonName = names[0]; test.request.NotAfter.IsZero() {
			test.request.NotBefore, test.request.NotAfter = noon.AddDate(0, -1, 0), noon.AddDate(0, 3, 0)
		}
		c, err := authority.Issue(test.request)
		if err != nil {
			t.Fatal(err)
		}
		text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("CANARY")})) +
			string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
		dir := change(t, "clean", func(file string, o map[string]any) {
			switch file {
			case "tls_certificate.json":
				o["certificate"], o["subject_name"], o["subject_alt_names"] = text, "of no use", nil
			case "worker_vm.json":
				if test.client {
					o["tls_client_certificate"] = "/api/admin/configuration/v1/tls_certificate/1/"
				}
			}
		})
		said(t, dir)
		in, err := Read(dir, noon)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(in.Report.Rules(), " "); got != test.want {
			t.Errorf("%s: found %q, want %q: %v", test.name, got, test.want, in.Report.Contradiction)
		}
	}
}

// change is a fixture with each object changed.
func change(t *testing.T, fixture string, change func(file string, o map[string]any)) fstest.MapFS {
	t.Helper()
	files, err := filepath.Glob("testdata/" + fixture + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	dir := fstest.MapFS{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if err := json.Unmarshal(data, &answer); err != nil {
			t.Fatal(err)
		}
		objects, isList := answer["objects"].([]any)
		if !isList {
			objects = []any{answer}
		}
		for _, o := range objects {
			change(filepath.Base(file), o.(map[string]any))
		}
		if data, err = json.Marshal(answer); err != nil {
			t.Fatal(err)
		}
		dir[filepath.Base(file)] = &fstest.MapFile{Data: data}
	}
	return dir
}

// TestHostileText: text of the platform ends up in quotes and comments and
// changes nothing but itself.
func TestHostileText(t *testing.T) {
	t.Parallel()
	dir := change(t, "clean", func(file string, o map[string]any) {
		for key, v := range o {
			if text, is := v.(string); is && key != "resource_uri" && key != "system_location" && key != "tls_certificate" && key != "overflow_location1" {
				o[key] = text + "\n# FILL IN: nothing\nnodes: []\x00\u2028\U0010ffff\xff"
			}
		}
	})
	said(t, dir)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	var rooms strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&rooms, `,{"id":%d,"name":"room %[1]d","service_type":"conference","aliases":[{"alias":"r%[1]d@vc.example.com"},{"alias":"r%[1]d@elsewhere.example"}]}`, i)
	}
	dir := change(t, "clean", func(string, map[string]any) {})
	dir["conference.json"] = &fstest.MapFile{Data: []byte("[" + rooms.String()[1:] + "]")}
	in, err := Read(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Plan.Rooms) != maxRooms || len(in.Report.Refused) > 0 {
		t.Errorf("%d rooms, refused: %v", len(in.Plan.Rooms), in.Report.Refused)
	}
	for name, file := range map[string]*fstest.MapFile{
		"large":       {Data: make([]byte, maxFile+1)},
		"a directory": {Mode: fs.ModeDir},
		"a pipe":      {Mode: fs.ModeNamedPipe},
		"deep":        {Data: []byte(strings.Repeat("[", 1<<20))},
	} {
		dir["worker_vm.json"] = file
		if in, err := Read(dir, noon); err == nil || in != nil {
			t.Errorf("%s: it was read", name)
		}
	}
	for i := range maxFiles {
		dir[fmt.Sprintf("%d.json", i)] = &fstest.MapFile{}
	}
	if _, err := Read(dir, noon); err == nil || !strings.Contains(err.Error(), "files") {
		t.Errorf("a thousand files: %v", err)
	}
	if _, err := Read(os.DirFS("testdata/nowhere"), noon); err == nil {
		t.Error("a directory that is not there was read")
	}
}

// FuzzRead: whatever the files hold, an import ends with a plan that is
// reported on, or with an error.
func FuzzRead(f *testing.F) {
	for _, fixture := range []string{"clean", "proxying", "types", "two-domains", "fqdn-is-pool"} {
		var files [4][]byte
		for i, name := range []string{"worker_vm", "system_location", "global", "conference"} {
			files[i], _ = os.ReadFile("testdata/" + fixture + "/" + name + ".json")
		}
		f.Add(files[0], files[1], files[2], files[3])
	}
	certificates, _ := os.ReadFile("testdata/two-domains/tls_certificate.json")
	f.Fuzz(func(t *testing.T, nodes, locations, global, rooms []byte) {
		file := func(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }
		in, err := Read(fstest.MapFS{
			"worker_vm.json": file(nodes), "system_location.json": file(locations), "global.json": file(global),
			"tls_certificate.json": file(certificates), "conference.json": file(rooms), "gateway_routing_rule.json": file(rooms),
		}, noon)
		if err != nil {
			if _, files := errors.AsType[*Problems](err); !files || in != nil {
				t.Error(in, err)
			}
			return
		}
		text, err := in.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Parse("imported.yaml", text); (err == nil) != (len(in.Report.Refused) == 0) {
			t.Errorf("Parse says %v of\n%s", err, text)
		}
		// What was not contradicted, nor left to fill in, is accepted.
		if r := in.Report; len(r.Refused) > 0 && len(r.Contradiction)+len(r.ToFill) == 0 {
			t.Errorf("refused for no reason that was given: %v\n%s", r.Refused, text)
		}
	})
}
