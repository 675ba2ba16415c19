package fedge

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "fedge"

// floors puts every package on a floor. An import goes strictly down. A
// package not listed here does not belong yet: decide where it lives first.
var floors = map[string]int{
	"cmd/edge": 9, "cmd/simulator": 9,
	"lab": 8, "conformance/cases": 8,
	"conformance/cases/": 7, "loadtest/scenario": 7, "lab/phone": 7,
	"check": 6, "conformance": 6, "report": 6, "process": 6,
	"edge": 5, "lync": 5,
	"sip/stack": 4,
	"sip/gate":  3, "media/node": 3, "media/pool": 3,
	"sip/link": 2, "media/leg": 2, "media/conference": 2,
	"capture": 1, "loadtest": 1, "infinity": 1,
	"plan": 0, "certs": 0, "dns": 0, "result": 0, "metrics": 0, "sip/raw": 0,
	"media/sdp": 0, "media/rtp": 0, "media/session": 0,
	"inert": -1, "mutant": -1, "shell": -1, "spelling": -1,
}

// doors names the only packages that may import an outside module.
var doors = map[string][]string{
	"github.com/emiago/sipgo":      {"sip/stack", "lab/phone"},
	"github.com/miekg/dns":         {"dns"},
	"github.com/prometheus/":       {"metrics"},
	"github.com/pion/":             {"media/", "lync", "lab/phone"},
	"github.com/goccy/go-yaml":     {"plan", "lab", "loadtest/scenario", "conformance", "cmd/"},
	"github.com/HdrHistogram/":     {"loadtest"},
	"github.com/spf13/cobra":       {"cmd/"},
	"github.com/gopacket/gopacket": {"capture"},
	module + "/mutant":             {"edge", "sip/gate", "sip/stack", "media/sdp", "media/leg", "media/conference", "media/node", "media/pool", "cmd/simulator"},
}

// independence lists what a package must never reach, however indirectly: a
// harness that shares code with what it tests is blind to shared mistakes.
var independence = []struct{ from, never []string }{
	{
		from:  []string{"lync", "check", "conformance", "loadtest/scenario"},
		never: []string{"edge", "sip/gate", "sip/stack", "media/sdp", "media/leg", "media/node", "media/pool"},
	},
	{from: []string{"edge"}, never: []string{"lync", "sip/raw", "media/leg", "media/node"}},
	// Only the lab and the commands see both sides.
	{from: []string{"process", "cmd/edge"}, never: []string{"lync", "sip/raw", "check", "conformance", "loadtest/scenario", "lab"}},
	// The phone is neither side's.
	{from: []string{"lab/phone"}, never: []string{"edge", "lync", "sip/raw", "sip/gate", "sip/stack", "media/sdp", "media/leg", "media/node"}},
	{from: []string{"report"}, never: []string{"edge", "lync", "check", "conformance", "loadtest"}},
}

// longest is how many lines a file may have; data tables are exempt by name.
const longest = 300

var dataTables = []string{"check/catalogue.go"}

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// TestLayout holds the house rules: floors, doors, independence, file length.
func TestLayout(t *testing.T) {
	for _, p := range list(t) {
		name := short(p.ImportPath)
		if name == module { // this file's own package
			continue
		}
		floor, known := floorOf(name)
		if !known {
			t.Errorf("%s is on no floor", name)
			continue
		}
		for _, imported := range p.Imports {
			checkFloor(t, name, floor, imported)
			checkDoor(t, name, imported)
		}
		checkIndependence(t, name, p.Deps)
		checkLength(t, p)
	}
}

func checkFloor(t *testing.T, name string, floor int, imported string) {
	t.Helper()
	below, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		return
	}
	if f, known := floorOf(below); known && f >= floor {
		t.Errorf("%s (floor %d) may not import %s (floor %d): an import goes strictly down", name, floor, below, f)
	}
}

func checkDoor(t *testing.T, name, imported string) {
	t.Helper()
	for outside, open := range doors {
		if !strings.HasPrefix(imported, outside) {
			continue
		}
		if !slices.ContainsFunc(open, func(door string) bool { return under(name, door) }) {
			t.Errorf("%s: %s comes in through %s only", name, imported, strings.Join(open, ", "))
		}
	}
}

func checkIndependence(t *testing.T, name string, deps []string) {
	t.Helper()
	for _, rule := range independence {
		if !slices.ContainsFunc(rule.from, func(f string) bool { return under(name, f) }) {
			continue
		}
		for _, dep := range deps {
			below, ours := strings.CutPrefix(dep, module+"/")
			if ours && slices.Contains(rule.never, below) {
				t.Errorf("%s reaches %s: they may meet on the wire only", name, below)
			}
		}
	}
}

func checkLength(t *testing.T, p pkg) {
	t.Helper()
	for _, file := range p.GoFiles {
		full := filepath.Join(p.Dir, file)
		if slices.Contains(dataTables, path.Join(short(p.ImportPath), file)) {
			continue
		}
		src, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(src, []byte("\n")); n > longest {
			t.Errorf("%s/%s has %d lines; %d is the limit", short(p.ImportPath), file, n, longest)
		}
	}
}

// floorOf finds a package's floor; the case areas under conformance/cases
// share theirs.
func floorOf(name string) (int, bool) {
	if strings.HasPrefix(name, "conformance/cases/") {
		name = "conformance/cases/"
	}
	f, known := floors[name]
	return f, known
}

func under(name, door string) bool {
	return name == strings.TrimSuffix(door, "/") || strings.HasPrefix(name, strings.TrimSuffix(door, "/")+"/")
}

func short(importPath string) string { return strings.TrimPrefix(importPath, module+"/") }

// builds are the ways a file can come into a program: what one of them hides,
// another shows.
var builds = []struct{ os, tags string }{{"linux", ""}, {"linux", "mutants"}, {"windows", ""}, {"darwin", ""}}

// list is every package as every build sees it.
func list(t *testing.T) []pkg {
	t.Helper()
	var pkgs []pkg
	for _, b := range builds {
		cmd := exec.Command("go", "list", "-tags", b.tags, "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
		cmd.Env = append(os.Environ(), "GOOS="+b.os, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s %s: %v", b.os, b.tags, err)
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
			var p pkg
			if err := dec.Decode(&p); err != nil {
				t.Fatal(err)
			}
			pkgs = append(pkgs, p)
		}
	}
	return pkgs
}
