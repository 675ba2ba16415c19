//go:build unseen

// Package unseen breaks the edge in ways that no case was written for, and sees
// whether the conformance suite notices: single-line edits picked by a seed
// from what stands between the wire and a call.
package unseen

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/result"
)

var (
	seed  = flag.Uint64("seed", 1, "picks the edits")
	count = flag.Int("edits", 20, "how many")
	least = flag.Float64("least", 0, "fail when a smaller share of them is noticed")
)

// patience bounds one run of the suite: an edit may well make a node hang.
// The suite takes half a minute.
const patience = 2 * time.Minute

func TestUnseen(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := edits(root, "sip/gate", "sip/stack", "edge")
	if err != nil {
		t.Fatal(err)
	}
	if sound, ok := build(t, root, edit{File: all[0].File}); !ok || sound.suite(t, edit{}) {
		t.Fatal("without any edit the suite does not pass: it would notice every edit for that")
	}
	excluded := equivalents(t)
	random := rand.New(rand.NewPCG(*seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	t.Logf("%d candidates, seed %d", len(all), *seed)
	bySuite, byTests, tried := 0, 0, 0
	var survivors []edit
	for _, e := range all {
		if tried == *count {
			break
		}
		if why := excluded[e.String()]; why != "" {
			t.Logf("equivalent  %s: %s", e, why)
			continue
		}
		b, ok := build(t, root, e)
		if !ok {
			continue // no Go any more: the compiler notices
		}
		tried++
		switch {
		case b.suite(t, e):
			bySuite++
		case b.tests(t, root):
			byTests++
			t.Logf("by tests    %s", e)
		default:
			survivors = append(survivors, e)
			t.Logf("SURVIVES    line %d of %s", e.Line, e)
		}
	}
	share := float64(bySuite+byTests) / float64(max(tried, 1))
	t.Logf("of %d edits the suite notices %d, the packages' tests %d more; %d survive: %.0f %%", tried, bySuite, byTests, len(survivors), 100*share)
	if share < *least {
		t.Errorf("%.0f %% noticed, want %.0f %%", 100*share, 100**least)
	}
}

// broken is the edge with one edit made.
type broken struct{ program, overlay string }

// build makes a simulator with one line changed, by an overlay: the work tree
// stays as it is.
func build(t *testing.T, root string, e edit) (broken, bool) {
	t.Helper()
	dir := t.TempDir()
	original := filepath.Join(root, e.File)
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, e.apply(source), 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	made := broken{program: filepath.Join(dir, "simulator"), overlay: filepath.Join(dir, "overlay.json")}
	if err := os.WriteFile(made.overlay, text, 0o644); err != nil {
		t.Fatal(err)
	}
	b := exec.CommandContext(t.Context(), "go", "build", "-overlay", made.overlay, "-o", made.program, "./cmd/simulator")
	b.Dir, b.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	return made, b.Run() == nil
}

// suite tells whether the conformance suite notices. A case that failed must
// fail twice more by itself: this machine has other things to do, too.
func (b broken) suite(t *testing.T, e edit) bool {
	t.Helper()
	failed, ended := b.conform(t)
	for n := 0; n < 2 && len(failed) > 0; n++ {
		if failed[0] == "preflight" {
			failed = nil
		}
		failed, ended = b.conform(t, failed...)
	}
	switch {
	case ended:
		t.Logf("by its end   %s", e) // no result was written: the node took the suite down
	case len(failed) > 0:
		t.Logf("by %-9s %s", failed[0], e)
	default:
		return false
	}
	return true
}

// conform runs cases, or all, and lists those that do not pass; ended says that
// there was no result.
func (b broken) conform(t *testing.T, ids ...string) (failed []string, ended bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	file := filepath.Join(t.TempDir(), "conform.json")
	run := exec.CommandContext(ctx, b.program, append([]string{"conform", "--lab", "--quiet", "--seed", "1", "--json", file}, ids...)...)
	err := run.Run()
	if _, fell := errors.AsType[*exec.ExitError](err); err != nil && !fell {
		t.Fatal(err)
	}
	text, readErr := os.ReadFile(file)
	var r result.Conform
	if readErr != nil || json.Unmarshal(text, &r) != nil {
		return nil, err != nil
	}
	if r.Preflight != "good" {
		return []string{"preflight"}, false
	}
	for _, c := range r.Cases {
		switch c.Outcome {
		case result.CaseFail, result.CaseNonstrict, result.CaseError, result.CaseInconclusive:
			failed = append(failed, c.ID)
		}
	}
	return failed, false
}

// tests tells whether the tests of the changed packages notice.
func (b broken) tests(t *testing.T, root string) bool {
	t.Helper()
	run := exec.CommandContext(t.Context(), "go", "test", "-timeout", patience.String(), "-overlay", b.overlay, "./sip/gate", "./sip/stack", "./edge")
	run.Dir = root
	return run.Run() != nil
}

// equivalents are edits that change nothing anybody can see, with the reason:
// lines "EDIT # REASON".
func equivalents(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open("testdata/equivalents.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if edit, why, ok := strings.Cut(lines.Text(), " # "); ok {
			out[edit] = why
		}
	}
	return out
}
