//go:build interop

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"fedge/lab"
	"fedge/result"
)

// room is who answers at somebody else's node.
const room = "meet.alice"

// someone is somebody else's node in the place of one of a world's that never
// came up: the words that its files are made of, and where they are.
type someone struct {
	world *lab.World
	dir   string
	words []string
}

func inPlace(t *testing.T) someone {
	t.Helper()
	w, _ := broken(t, "dead-signaling-node")
	node, _ := w.Plan.Node(theirs)
	dir := t.TempDir()
	return someone{world: w, dir: dir, words: []string{
		"ADDRESS", node.Address.String(), "NAME", theirs, "POOL", w.Plan.Domains[0].Pool, "DIR", dir, "DOMAIN", lab.Domain,
		"PHONE", addressOf(t, w, "desk."+lab.Contoso).String(), "MODULES", modules(t),
		"CERTIFICATE", filepath.Join(w.Dir, theirs+".pem"), "KEY", filepath.Join(w.Dir, theirs+"-key.pem"),
		"ROOTS", filepath.Join(w.Dir, "ca.pem"), "METHOD", "TLSv1.2+", "VERIFY", "yes", "CIPHERS", "HIGH",
	}}
}

// write makes a file from one of testdata; words come before the node's own.
func (s someone) write(t *testing.T, from, to string, words ...string) string {
	t.Helper()
	file := filepath.Join(s.dir, to)
	put(t, file, replaced(t, from, append(words, s.words...)...))
	return file
}

// telephone starts a baresip with two users: one answers at once, one never.
func (s someone) telephone(t *testing.T, transport string, words ...string) {
	t.Helper()
	s.write(t, "baresip.conf", "config", append(words, "TRANSPORT", transport)...)
	var both []byte
	for _, name := range []string{theirs + ".pem", theirs + "-key.pem"} {
		text, err := os.ReadFile(filepath.Join(s.world.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	put(t, filepath.Join(s.dir, "phone.pem"), string(both))
	account := func(user, mode string) string {
		return "<sip:" + user + "@" + lab.Domain + ";transport=" + transport + ">;regint=0;answermode=" + mode + ";mediaenc=srtp-mand;audio_codecs=PCMU/8000/1;ptime=20\n"
	}
	put(t, filepath.Join(s.dir, "accounts"), account(room, "auto")+account("ring.alice", "manual"))
	put(t, filepath.Join(s.dir, "contacts"), "\n")
	server(t, regexp.MustCompile("baresip is ready"), "baresip", "-f", s.dir)
}

// modules is where Debian keeps baresip's modules.
func modules(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/baresip/modules", "/usr/lib/baresip/modules"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("baresip's modules are not where Debian puts them")
	return ""
}

// clause is what an expected failure must name: a section of a specification.
var clause = regexp.MustCompile(`RFC \d+ §\d`)

// TestInteropConform puts the suite to nodes that we did not write. What does not
// apply says why; what fails is known, with the clause that they disregard and
// the messages that show it.
func TestInteropConform(t *testing.T) {
	for _, test := range []struct {
		name  string
		least int // cases that are put to it
		up    func(*testing.T, someone)
	}{
		{"kamailio", 200, func(t *testing.T, s someone) {
			s.telephone(t, "tcp", "ADDRESS:PORT", addressOf(t, s.world, "desk."+lab.Contoso).String()+":5160", "net_interface ADDRESS",
				"net_interface "+addressOf(t, s.world, "desk."+lab.Contoso).String())
			s.write(t, "kamailio-tls.cfg", "tls.cfg")
			server(t, regexp.MustCompile(`up$`), "kamailio", "-DD", "-E", "-w", s.dir, "-f", s.write(t, "conform-kamailio.cfg", "kamailio.cfg"))
		}},
		{"baresip", 175, func(t *testing.T, s someone) { s.telephone(t, "tls", "PORT", "5060") }}, // TLS is one above
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := inPlace(t)
			test.up(t, s)
			_, as := files(s.world)
			out := filepath.Join(s.dir, "conform.json")
			code, stdout, stderr := typed(t, "conform", "--target", s.write(t, test.name+"-target.yaml", "target.yaml"), "--as", as, "--json", out, "--quiet")
			t.Logf("%s%s", stdout, stderr)
			if code != holds {
				t.Errorf("exit %d", code)
			}
			text, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			var got result.Conform
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			ran := 0
			for _, c := range got.Cases {
				ran += explained(t, c)
			}
			if ran < test.least {
				t.Errorf("%d of %d cases are applicable, want %d", ran, len(got.Cases), test.least)
			}
		})
	}
}

// explained demands that what did not pass says why, and counts what was run.
func explained(t *testing.T, c result.Case) (ran int) {
	t.Helper()
	switch c.Outcome {
	case result.CasePass:
		return 1
	case result.CaseNotApplicable, result.CaseSkipped, result.CaseWithdrawn:
		if len(c.Notes) == 0 {
			t.Errorf("%s is %s, and does not say why", c.ID, c.Outcome)
		}
		return 0
	case result.CaseExpectedFail:
		if len(c.Notes) == 0 || !clause.MatchString(c.Notes[len(c.Notes)-1]) {
			t.Errorf("%s is known to fail, but by no clause: %q", c.ID, c.Notes)
		}
		if len(c.Transcript) == 0 {
			t.Errorf("%s is known to fail, and no message shows it", c.ID)
		}
		return 1
	}
	t.Errorf("%s %s %s: expected %s, got %s", c.ID, c.Outcome, c.Class, c.Expected, c.Actual)
	for _, line := range c.Transcript {
		t.Logf("%.3f %s > %s\n%q", line.AtSeconds, line.From, line.To, line.Text)
	}
	return 1
}
