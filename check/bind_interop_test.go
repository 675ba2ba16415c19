//go:build interop

package check

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fedge/dns"
	"fedge/result"
)

// named runs Debian's BIND with these settings until the test ends.
func named(t *testing.T, at netip.AddrPort, dir, settings string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "named.conf"), fmt.Appendf(nil, settings, dir, at.Port(), at.Addr()), 0o600))
	program, err := exec.LookPath("named")
	if err != nil {
		program = "/usr/sbin/named" // not in everybody's PATH
	}
	cmd := exec.Command(program, "-g", "-n", "1", "-c", filepath.Join(dir, "named.conf"))
	says, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	var said strings.Builder
	for lines := bufio.NewScanner(says); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if strings.HasSuffix(lines.Text(), " running") {
			done := make(chan struct{})
			go func() { // so that it never waits for us to read
				io.Copy(io.Discard, says)
				close(done)
			}()
			t.Cleanup(func() {
				cmd.Process.Signal(syscall.SIGTERM)
				<-done
				cmd.Wait()
			})
			return
		}
	}
	cmd.Wait()
	t.Fatalf("named did not come up:\n%s", &said)
}

// TestInteropZoneServer asks BIND as the zone's own name server, beside a
// resolver that is ours.
func TestInteropZoneServer(t *testing.T) {
	const settings = `options {
	directory "%[1]s";
	pid-file none;
	session-keyfile "%[1]s/session.key";
	listen-on port %[2]d { %[3]s; };
	listen-on-v6 { none; };
	dnssec-validation no;
	`
	const primary = "recursion no;\n};\ncontrols { };\nzone \"vc.example.com\" { type primary; file \"zone\"; };\n"
	for _, test := range []struct {
		name     string
		settings string   // after ours
		stale    string   // a record that BIND has not
		want     []string // what DNS-18 comes to on the domain, on its pool, or on all, and what besides fails
		says     string   // in the evidence of DNS-18
	}{
		{"the same records", primary, "", []string{"DNS-18 vc.example.com pass", "DNS-18 sip.vc.example.com pass"}, "_sipfederationtls._tcp.vc.example.com SRV 1 100 5061 sip.vc.example.com"},
		{"a node is missing in it", primary, "sip.vc.example.com. 300 IN A 198.51.100.41\n",
			[]string{"DNS-07 sip.vc.example.com fail", "DNS-18 vc.example.com pass", "DNS-18 sip.vc.example.com not-checked"}, "sip.vc.example.com A 198.51.100.40 (from ns.vc.example.com at "},
		{"it has not the zone", "recursion no;\n};\ncontrols { };\n", "", []string{"DNS-18 the deployment not-checked"}, "SRV: refused (from ns.vc.example.com at "},
		{"it answers from somebody else's", "recursion yes;\nforward only;\nforwarders { OURS; };\n};\ncontrols { };\n", "",
			[]string{"DNS-18 the deployment not-checked"}, "it has not the zone itself, or something on the way answers in its place"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			free, err := dns.Serve(ctx, netip.MustParseAddrPort("127.0.0.1:0"))
			must(t, err)
			at := free.Addr()
			must(t, free.Close())
			p := thePlan()
			p.Partners = nil
			text := strings.Replace(p.Zone(), "192.0.2.53", at.Addr().String(), 1) // the zone's name server
			zone, err := dns.ParseZone(text)
			must(t, err)
			ours, err := dns.Serve(ctx, netip.MustParseAddrPort("127.3.0.1:0"), zone)
			must(t, err)
			defer ours.Close()
			dir := t.TempDir()
			if !strings.Contains(text, test.stale) {
				t.Fatalf("the zone has no %s", test.stale)
			}
			must(t, os.WriteFile(filepath.Join(dir, "zone"), []byte(strings.Replace(text, test.stale, "", 1)), 0o600))
			named(t, at, dir, settings+strings.ReplaceAll(test.settings, "OURS", fmt.Sprintf("%s port %d", ours.Addr().Addr(), ours.Addr().Port())))

			o := &observer{at: time.Now(), zonePort: at.Port(), cfg: Config{Plan: p, Resolvers: []dns.Resolver{dns.NewClient(ours.Addr())}, Timeout: 5 * time.Second}}
			f := o.records(ctx)
			var got, evidence []string
			for _, g := range Judge(p, f) {
				line := fmt.Sprintf("%s %s %s", g.ID, g.Subject, g.Outcome)
				switch {
				case g.ID == "DNS-18" && !strings.HasPrefix(g.Subject, "px"):
					evidence = append(evidence, g.Evidence...)
					t.Log(line, g.Why, g.Evidence)
				case !strings.HasPrefix(g.ID, "DNS") || g.Outcome != result.RuleFail:
					continue
				}
				got = append(got, line)
			}
			if all := strings.Join(evidence, "\n"); !slices.Equal(got, test.want) || !strings.Contains(all, test.says) {
				t.Errorf("%q\nwant %q, and %q in\n%s", got, test.want, test.says, all)
			}
		})
	}
}
