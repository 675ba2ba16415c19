package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/conformance"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// TestTriggerOfDomain: the nodes of a domain without a plan are made to call
// from the room that was given, and the calls are looked at.
func TestTriggerOfDomain(t *testing.T) {
	t.Parallel()
	w, _ := broken(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	told := filepath.Join(t.TempDir(), "told")
	dial := fmt.Sprintf(`command cd '%s' && echo "$FEDGE_NODE $FEDGE_ROOM" >> '%s' && exec '%s' dial`, w.Dir, told, self)
	code, stdout, stderr := typed(t, "check", lab.Domain, "--as", filepath.Join(w.Dir, "contoso.yaml"), "--room", lab.Room, "--trigger", dial, "--json", "-")
	var r struct {
		Inbound, Outbound result.Verdict
		Command           string
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err, stdout, stderr)
	}
	if code != holds || r.Inbound != result.Pass || r.Outbound != result.Pass {
		t.Errorf("exit %d, in %s, out %s\n%s%s", code, r.Inbound, r.Outbound, stdout, stderr)
	}
	if !strings.Contains(r.Command, `--trigger 'command cd '\''`+w.Dir) {
		t.Errorf("again: %s", r.Command)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range w.Plan.Nodes {
		if !strings.Contains(string(text), n.Name+" "+lab.Room+"\n") {
			t.Errorf("%s was not told to call from %s:\n%s", n.Name, lab.Room, text)
		}
	}
}

// TestTriggerRefused: a plan, or a partner, by which no call out can come is told
// as a mistake before anybody is asked for one.
func TestTriggerRefused(t *testing.T) {
	t.Parallel()
	w, _ := broken(t)
	for name, test := range map[string]struct {
		change  func(*plan.Plan)
		partner func(string) string
		says    []string
	}{
		"nodes without admin address": {change: func(p *plan.Plan) {
			for i := range p.Nodes {
				p.Nodes[i].Admin = plan.Node{}.Admin
			}
		}, says: []string{"admin address of no node", "add admin", "command CMD"}},
		"no room":      {change: func(p *plan.Plan) { p.Rooms = nil }, says: []string{"no room that could call"}},
		"no calls out": {change: func(p *plan.Plan) { p.Outbound = false }, says: []string{"outbound: on"}},
		"a partner who takes no calls": {partner: func(text string) string { return strings.Replace(text, "listen:", "# listen:", 1) },
			says: []string{"partner.yaml", "add listen"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := plan.Load(filepath.Join(w.Dir, "deployment.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				test.change(p)
			}
			text, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			partner, err := os.ReadFile(filepath.Join(w.Dir, "contoso.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if test.partner != nil {
				partner = []byte(test.partner(string(partner)))
			}
			dir := filepath.Join(w.Dir, strings.ReplaceAll(name, " ", "-"))
			file, as := dir+".yaml", dir+"-partner.yaml"
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(as, partner, 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := typed(t, "check", file, "--as", as, "--trigger", "http")
			if code != badUsage || stdout != "" {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
			for _, want := range test.says {
				if !strings.Contains(stderr, want) {
					t.Errorf("it does not say %q:\n%s", want, stderr)
				}
			}
		})
	}
}

// TestByHand: whoever dials by hand is told where, from where, to whom, and how
// long there is.
func TestByHand(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var said strings.Builder
	dial, err := triggerOf(&said, "manual")
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{lab.Room, ""} {
		if _, err := dial(ctx, "px01.vc.example.com", conformance.Place{Room: room, To: "sip:check-a@contoso.example"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"within 5m0s", "px01.vc.example.com", "out of " + lab.Room + " to sip:check-a@contoso.example", "out of any room"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is missing in %q", want, said.String())
		}
	}
}
