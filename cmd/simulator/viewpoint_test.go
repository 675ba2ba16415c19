package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/certs"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// TestAsPartner: who looks as a partner trusts whom the partner trusts, and asks
// whom the partner asks, without being told again; what is typed comes first.
func TestAsPartner(t *testing.T) {
	t.Parallel()
	w, _ := broken(t)
	as := filepath.Join(w.Dir, "contoso.yaml")
	p, err := plan.Load(filepath.Join(w.Dir, "deployment.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.Resolver, p.Certificates = plan.Plan{}.Resolver, plan.Certificates{}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	bare := filepath.Join(w.Dir, "bare.yaml") // says nothing of who asks and trusts whom
	if err := os.WriteFile(bare, text, 0o600); err != nil {
		t.Fatal(err)
	}
	stranger, err := certs.NewAuthority("nobody's root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(w.Dir, "other.pem")
	if err := os.WriteFile(other, stranger.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(w.Dir, "saved.yaml")
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"a plan":                  {[]string{bare, "--as", as}, holds, "calls in: pass"},
		"a domain":                {[]string{lab.Domain, "--as", as, "--room", lab.Room, "--save", saved}, holds, "calls in: pass"},
		"a domain, other roots":   {[]string{lab.Domain, "--as", as, "--ca", other}, fallsShort, "CRT-06"},
		"a plan, another's roots": {[]string{filepath.Join(w.Dir, "deployment.yaml"), "--as", as, "--ca", other}, fallsShort, "CRT-06"},
	} {
		code, stdout, stderr := typed(t, append([]string{"check"}, test.args...)...)
		if code != test.code || !strings.Contains(stdout, test.says) {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
		if name == "a domain" && !strings.Contains(stderr, "then: simulator check "+saved+" --as "+as+"\n") {
			t.Errorf("it does not say what to do with the plan:\n%s", stderr)
		}
	}
	kept, err := plan.Load(saved)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Resolver != w.Resolver || kept.Certificates.Roots != filepath.Join(w.Dir, "ca.pem") {
		t.Errorf("saved: resolver %s, roots %s", kept.Resolver, kept.Certificates.Roots)
	}
}

// TestSavedElsewhere: a name server that is no lab's is not written into the
// plan, whose resolver is the one that nodes ask; the next command has it.
func TestSavedElsewhere(t *testing.T) {
	t.Parallel()
	for resolvers, want := range map[string]string{
		"192.0.2.53:53":                 "simulator check 'my plan.yaml' --resolver 192.0.2.53:53",
		"127.0.0.1:53":                  "simulator check 'my plan.yaml'",
		"127.0.0.1:53 127.0.0.2:53":     "simulator check 'my plan.yaml' --resolver 127.0.0.1:53 --resolver 127.0.0.2:53",
		"192.0.2.53:53 198.51.100.1:53": "simulator check 'my plan.yaml' --resolver 192.0.2.53:53 --resolver 198.51.100.1:53",
	} {
		f := checkFlags{resolvers: strings.Fields(resolvers), domain: domainFlags{save: "my plan.yaml"}}
		v, err := f.viewpoint(new(plan.Plan))
		if err != nil {
			t.Fatal(err)
		}
		p := new(plan.Plan)
		if v.onLoopback() {
			p.Resolver = v.servers[0]
		}
		if got := f.again(p); got != want {
			t.Errorf("%s: %s, want %s", resolvers, got, want)
		}
	}
}

// TestViewpointErrors: all that is wrong with where to look from is told at once,
// by the name of its option.
func TestViewpointErrors(t *testing.T) {
	t.Parallel()
	code, _, stderr := typed(t, "check", "vc.example.com", "--resolver", "nope", "--ca", "/no-roots", "--as", "/no-partner")
	for _, want := range []string{"--resolver nope: write ADDRESS:PORT", "--ca: reading the roots: open /no-roots", "--as: open /no-partner"} {
		if code != badUsage || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, does not say %q:\n%s", code, want, stderr)
		}
	}
}

// TestDomainInterrupted: an interrupt while the nodes of a domain are looked for
// ends in a whole result that judges nothing, and in no plan.
func TestDomainInterrupted(t *testing.T) {
	t.Parallel()
	w, args := broken(t)
	for _, at := range []string{"asking DNS for", "looking at"} {
		saved := filepath.Join(w.Dir, "saved.yaml")
		ctx, cancel := context.WithCancel(t.Context())
		stderr := &notify{want: at, then: cancel}
		var stdout bytes.Buffer
		code := run(ctx, append([]string{"check", lab.Domain, "--save", saved, "--json", "-"}, args...), &stdout, stderr)
		cancel()
		var r struct {
			Verdict, Inbound, Outbound result.Verdict
			Domain, Error, Command     string
			Findings                   []result.Finding
			Facts                      struct{ Lookups, Endpoints []struct{ Failure string } }
		}
		if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
			t.Fatal(err, stdout.String())
		}
		if code != interrupted || r.Verdict != result.Aborted || r.Inbound != result.Inconclusive || r.Domain != lab.Domain || r.Findings == nil || len(r.Findings) > 0 || r.Error == "" || r.Command == "" {
			t.Errorf("%s: exit %d, %+v", at, code, r)
		}
		for _, l := range append(r.Facts.Lookups, r.Facts.Endpoints...) {
			if strings.Contains(l.Failure, "timeout") || strings.Contains(l.Failure, "cancel") {
				t.Errorf("%s: the interrupt passes for an answer: %+v", at, l)
			}
		}
		if _, err := os.Stat(saved); err == nil {
			t.Errorf("%s: a plan was saved", at)
		}
		if !strings.Contains(stderr.String(), "nothing is saved as "+saved+": interrupted") || strings.Contains(stderr.String(), "no node was found") {
			t.Errorf("%s: %s", at, stderr.String())
		}
		ctx, cancel = context.WithCancel(t.Context())
		code = run(ctx, append([]string{"check", lab.Domain}, args...), &stdout, io.MultiWriter(&notify{want: at, then: cancel}))
		if text := stdout.String(); code != interrupted || !strings.Contains(text, "aborted") || !strings.Contains(text, "still being looked for") || strings.Contains(text, "hint") || strings.Contains(text, "fix") {
			t.Errorf("%s: exit %d\n%s", at, code, text)
		}
		stdout.Reset()
	}
}
