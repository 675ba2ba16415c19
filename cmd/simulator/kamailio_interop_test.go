//go:build interop

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/certs"
	"fedge/lab"
	"fedge/result"
)

// theirs is the node of the lab in whose place somebody else's is checked.
const theirs = "px02.vc.example.com"

// kamailio takes the place of a node of a world that never came up, with the
// certificate that was made for that node; with change, with one in its
// likeness, from an authority that partners trust as well. Settings replace
// what it is told otherwise.
func kamailio(t *testing.T, change func(*certs.Request), settings ...string) (plan, as string) {
	t.Helper()
	w, _ := broken(t, "dead-signaling-node")
	node, _ := w.Plan.Node(theirs)
	dir, certificates := t.TempDir(), w.Dir
	if change != nil {
		certificates = dir
		reissue(t, w, dir, change)
	}
	words := append(settings,
		"ADDRESS", node.Address.String(), "ADMIN", node.Admin.String(), "NAME", theirs, "PARTNER", addressOf(t, w, "sip."+lab.Contoso).String(), "DIR", dir,
		"FROM", lab.Domain, "HEADERS", `Contact: <sip:visitor@`+theirs+`:5061;transport=tls>\r\n`, "ANSWER", `sl_send_reply("404", "Not Found")`,
		"CERTIFICATE", filepath.Join(certificates, theirs+".pem"), "KEY", filepath.Join(certificates, theirs+"-key.pem"),
		"ROOTS", filepath.Join(w.Dir, "ca.pem"), "METHOD", "TLSv1.2+", "VERIFY", "yes", "CIPHERS", "HIGH")
	put(t, filepath.Join(dir, "kamailio.cfg"), replaced(t, "kamailio.cfg", words...))
	put(t, filepath.Join(dir, "tls.cfg"), replaced(t, "kamailio-tls.cfg", words...))
	server(t, regexp.MustCompile(`up$`), "kamailio", "-DD", "-E", "-w", dir, "-f", filepath.Join(dir, "kamailio.cfg"))
	return files(w)
}

// reissue makes another certificate for the node, whose root joins the world's.
func reissue(t *testing.T, w *lab.World, dir string, change func(*certs.Request)) {
	t.Helper()
	root, err := certs.NewAuthority("another root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	under, err := root.Intermediate("another authority")
	if err != nil {
		t.Fatal(err)
	}
	request := certs.Request{CommonName: w.Plan.Domains[0].Pool, Names: w.Plan.Names()}
	change(&request)
	issued, err := under.Issue(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.Write(dir, theirs, issued); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.Dir, "ca.pem")
	roots, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, file, string(roots)+string(root.PEM()))
}

// TestInteropKamailio: a node of somebody else's gets the verdicts that it has
// earned and no other; ours, beside it, gets none of them.
func TestInteropKamailio(t *testing.T) {
	const (
		noRoom = "required LOC-07 on " + theirs
		differ = "recommended CRT-10 on px01.vc.example.com, " + theirs + ", px03.vc.example.com, px04.vc.example.com, px05.vc.example.com"
	)
	for _, test := range []struct {
		name        string
		certificate func(*certs.Request)
		settings    []string
		code        int
		failed      []string
	}{
		{"as it comes: no room", nil, nil, fallsShort, []string{noRoom}},
		{"a password is wanted", nil, []string{"ANSWER", `sl_send_reply("407", "Proxy Authentication Required")`}, fallsShort, []string{noRoom}},
		{"yes to everything, to everybody", nil, []string{"ANSWER", `sl_send_reply("200", "OK")`}, fallsShort, []string{"recommended CRT-14 on " + theirs, noRoom}},
		{"no answer at all", nil, []string{"ANSWER", `exit`}, inconclusive, []string{}},

		{"the leaf alone, and another", func(r *certs.Request) { r.LeafOnly = true }, nil, fallsShort, []string{differ, "required CRT-07 on " + theirs}},
		{"the pool is not named", func(r *certs.Request) { r.Names = r.Names[1:] }, nil, fallsShort, []string{"required CRT-02 on " + theirs}},
		{"for servers alone", func(r *certs.Request) { r.ServerOnly = true }, nil, fallsShort, []string{"required CRT-09 on " + theirs, noRoom}},
		{"an RSA key", func(r *certs.Request) { r.RSA = 2048 }, nil, fallsShort, []string{differ, noRoom}},

		{"nobody is asked for a certificate", nil, []string{"VERIFY", "no"}, fallsShort, []string{"recommended CRT-14 on " + theirs, noRoom}},
		{"suites that no Edge has", nil, []string{"CIPHERS", "ECDHE-ECDSA-CHACHA20-POLY1305"}, fallsShort, []string{"required CRT-13 on " + theirs}}, // nobody gets as far as a room,
		{"TLS 1.0 too", nil, []string{"METHOD", "TLSv1+", "CIPHERS", "ALL:@SECLEVEL=0"}, fallsShort, []string{noRoom, "warning CRT-13 on " + theirs}},

		{"calls from another domain", nil, []string{"FROM", "elsewhere.example"}, fallsShort, []string{"required DOM-02 on " + theirs, noRoom}},
		{"calls in the pool's name", nil, []string{"HEADERS", `Contact: <sip:visitor@sip.vc.example.com:5061;transport=tls>\r\n`}, fallsShort, []string{"required FQD-03 on " + theirs, noRoom}},
		{"calls without Contact", nil, []string{"HEADERS", `Subject: none\r\n`}, fallsShort, []string{"required FQD-01 on " + theirs, noRoom}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			plan, as := kamailio(t, test.certificate, test.settings...)
			c := checked(t, plan, as)
			if got := c.failed(); !slices.Equal(got, test.failed) || c.code != test.code {
				t.Errorf("exit %d, failed %q; want %d, %q", c.code, got, test.code, test.failed)
			}
			for _, f := range c.Findings {
				if f.Why == result.ObservationFailed && test.code != inconclusive {
					t.Errorf("%s on %s could not be observed, and it is not said why: %q", f.ID, f.Subject, f.Evidence)
				}
			}
		})
	}
}

// TestInteropKamailioPasses: what Kamailio does right passes, by name.
func TestInteropKamailioPasses(t *testing.T) {
	plan, as := kamailio(t, nil)
	var passed []string
	for _, f := range checked(t, plan, as).Findings {
		if !strings.Contains(f.Subject, theirs) || f.ID == "LOC-07" {
			continue
		}
		// Who gives no room shows nothing by refusing one, nor a way back.
		if slices.Contains([]string{"CRT-14", "DOM-04"}, f.ID) && f.Why == "precondition LOC-07" {
			continue
		}
		if f.Outcome != result.RulePass {
			t.Errorf("%s on %s: %s %s %q", f.ID, f.Subject, f.Outcome, f.Why, f.Evidence)
		}
		if f.Subject == theirs {
			t.Logf("%s %s", f.ID, strings.Join(f.Evidence, "; "))
		}
		passed = append(passed, f.ID)
	}
	want := []string{
		"DNS-09", "DNS-10", "DNS-11", "DNS-12", "CRT-01", "CRT-02", "CRT-03", "CRT-04", "CRT-05", "CRT-06", "CRT-07", "CRT-08", "CRT-09", "CRT-10",
		"CRT-11", "CRT-12", "CRT-13", "CRT-15", "CRT-17", "CRT-18", "FQD-01", "FQD-02", "FQD-03", "FQD-04", "DOM-01", "DOM-02", "DOM-04", "NET-01", "NET-05",
	}
	for _, id := range want {
		if !slices.Contains(passed, id) {
			t.Errorf("%s does not pass: it was not judged", id)
		}
	}
}
