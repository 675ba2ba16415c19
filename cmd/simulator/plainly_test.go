package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fedge/lab"
	"fedge/lync"
	"fedge/result"
)

func TestPlainly(t *testing.T) {
	for _, test := range []struct {
		err  error
		want []string
	}{
		{&lync.Diagnostic{ID: 1008, Reason: "Unable to resolve DNS SRV record", Err: errors.New("dns: SRV x: no answer in time")},
			[]string{"Unable to resolve DNS SRV record", "(SRV x: no answer in time)", "simulator explain 1008"}},
		{fmt.Errorf("lab: anna: %w", &lync.Diagnostic{ID: 1046, Reason: "Failed to connect"}), []string{"simulator explain 1046"}},
		{&lync.RefusedError{Status: 404, Reason: "Not Found"}, []string{"404 Not Found", "alias", "LOC-07"}},
		{&lync.RefusedError{Status: 603, Reason: "Decline"}, []string{"the node refused the call with 603 Decline"}},
		{errors.New("lab: scenario: opening trunk 1 of 2"), []string{"opening trunk 1 of 2"}},
	} {
		got := plainly(test.err)
		if !errors.Is(got, test.err) {
			t.Errorf("%v: the chain is lost", test.err)
		}
		for _, want := range test.want {
			if !strings.Contains(got.Error(), want) {
				t.Errorf("%q does not say %q", got, want)
			}
		}
		for _, package_ := range []string{"lync: ", "lab: ", "dns: ", "scenario: "} {
			if strings.Contains(got.Error(), package_) {
				t.Errorf("%q names a package of ours", got)
			}
		}
	}
}

// A demo of a world that cannot be called says so in words, in every step that
// calls, and what to do; it does not show what errors look like inside.
func TestDemoOfABrokenWorldReadsWell(t *testing.T) {
	cmd, _, err := newRoot().Find([]string{"demo"})
	if err != nil {
		t.Fatal(err)
	}
	cmd.SetContext(t.Context())
	w, err := lab.Start(t.Context(), lab.Config{Faults: []string{"srv-missing"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	d := demo{cmd: cmd, faults: []string{"srv-missing"}, world: w, said: t.Logf}
	for name, step := range map[string]func(context.Context) (result.Verdict, string){
		"check": d.check, "meet": d.meet, "call out": d.callOut, "load": d.load,
	} {
		if name != "check" && d.result.Check == nil {
			d.check(t.Context())
		}
		v, detail := step(t.Context())
		if v != result.Fail || !strings.Contains(detail, "simulator explain DNS-01") {
			t.Errorf("%s: %s, %q does not say what to do", name, v, detail)
		}
		for _, raw := range []string{"lync: ", "dns: ", "scenario: ", "dns-srv-result", `{"error"`} {
			if strings.Contains(detail, raw) {
				t.Errorf("%s: %q has %q in it", name, detail, raw)
			}
		}
	}
}
