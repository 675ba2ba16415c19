package plan_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fedge/plan"
)

func TestFromURI(t *testing.T) {
	p, two := load(t, example), load(t, "testdata/two-domains.yaml")
	keep := *p
	keep.From = plan.FromDefaultOnly
	for _, c := range []struct {
		name, node, caller string
		always, kept       string // by the mode of the plan
	}{
		{"an alias of ours", "px01.vc.example.com", "meet.alice@vc.example.com", "sip:meet.alice@vc.example.com", "sip:meet.alice@vc.example.com"},
		{"a URI of ours", "px01.vc.example.com", "<sip:meet.alice@VC.example.com:5061;transport=tls>;tag=1", "sip:meet.alice@vc.example.com", "sip:meet.alice@vc.example.com"},
		{"an alias in a foreign domain", "px01.vc.example.com", "standup@corp.lan", "sip:standup@vc.example.com", "sip:standup@corp.lan"},
		{"a URI in a foreign domain", "px01.vc.example.com", "sips:standup@Corp.LAN", "sip:standup@vc.example.com", "sip:standup@corp.lan"},
		{"an address", "px01.vc.example.com", "<sip:u@10.0.0.5>", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"an IPv6 address", "px01.vc.example.com", "<sip:u@[2001:db8::5]:5060>", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"the node's own address", "px01.vc.example.com", "sip:u@10.0.0.40", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"the node's own name", "px01.vc.example.com", "sip:u@px01.vc.example.com", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"the pool's name", "px01.vc.example.com", "sip:u@sip.vc.example.com", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"a bare host", "px01.vc.example.com", "sip:u@localhost", "sip:u@vc.example.com", "sip:u@vc.example.com"},
		{"no domain", "px01.vc.example.com", "meet.alice", "sip:meet.alice@vc.example.com", "sip:meet.alice@vc.example.com"},
		{"a number", "px01.vc.example.com", "tel:+1-555-0100;ext=7", "sip:+1-555-0100@vc.example.com", "sip:+1-555-0100@vc.example.com"},
		{"no user", "px01.vc.example.com", "sip:corp.lan", "sip:vc.example.com", "sip:vc.example.com"},
		{"nothing", "px01.vc.example.com", "", "sip:vc.example.com", "sip:vc.example.com"},
		{"case of the user", "px01.vc.example.com", "Meet.Alice@vc.example.com", "sip:Meet.Alice@vc.example.com", "sip:Meet.Alice@vc.example.com"},
		{"a user with parameters", "px01.vc.example.com", "sip:1234;phone-context=x@corp.lan;user=phone", "sip:1234;phone-context=x@vc.example.com", "sip:1234;phone-context=x@corp.lan"},
		{"a password", "px01.vc.example.com", "sip:u:secret@corp.lan", "sip:u@vc.example.com", "sip:u@corp.lan"},
		{"headers", "px01.vc.example.com", "sip:u@corp.lan?subject=a@b", "sip:u@vc.example.com", "sip:u@corp.lan"},
		{"blanks and letters beyond ASCII", "px01.vc.example.com", "Jürgen Müller@corp.lan", "sip:J%C3%BCrgen%20M%C3%BCller@vc.example.com", "sip:J%C3%BCrgen%20M%C3%BCller@corp.lan"},
		{"an @ in the user", "px01.vc.example.com", "a@b@corp.lan", "sip:a%40b@vc.example.com", "sip:a%40b@corp.lan"},
		{"escapes that are there", "px01.vc.example.com", "a%20b%@corp.lan", "sip:a%20b%25@vc.example.com", "sip:a%20b%25@corp.lan"},
		{"a line end smuggled in", "px01.vc.example.com", "u\r\nX: y@corp.lan", "sip:u%0D%0AX@vc.example.com", "sip:u%0D%0AX@corp.lan"},
		{"brackets smuggled in", "px01.vc.example.com", `sip:u>;tag=1,<"@corp.lan`, "sip:u%3E;tag=1,%3C%22@vc.example.com", "sip:u%3E;tag=1,%3C%22@corp.lan"},
		{"a node that is not planned", "px99.vc.example.com", "u@corp.lan", "sip:u@vc.example.com", "sip:u@corp.lan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := p.FromURI(c.node, c.caller); got != c.always {
				t.Errorf("always: %q, want %q", got, c.always)
			}
			if got := keep.FromURI(c.node, c.caller); got != c.kept {
				t.Errorf("default-only: %q, want %q", got, c.kept)
			}
		})
	}
	t.Run("the location's domain", func(t *testing.T) {
		for node, want := range map[string]string{"px01.vc.example.com": "sip:u@vc.example.com", "PX01.eu.vc.example.com": "sip:u@vc.example.com"} {
			if got := two.FromURI(node, "sip:u@10.0.0.5"); got != want {
				t.Errorf("from %s: %q, want %q", node, got, want)
			}
		}
		two.Locations[1].FromDomain = ""
		if got := two.FromURI("px01.eu.vc.example.com", "sip:u@10.0.0.5"); got != "sip:u@eu.vc.example.com" {
			t.Errorf("without an override: %q", got)
		}
		two.From = plan.FromAlways
		two.Locations[0].FromDomain = "eu.vc.example.com"
		if got := two.FromURI("px01.vc.example.com", "sip:u@corp.lan"); got != "sip:u@eu.vc.example.com" {
			t.Errorf("with an override: %q", got)
		}
	})
}

// legalFrom is what a From URI of ours may look like (RFC 3261 §25.1).
var legalFrom = regexp.MustCompile(`^sip:(([A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+@)?[a-z0-9.-]+$`)

// FuzzFromURI holds that whatever a caller is called, the From is legal and
// stays the same when it goes through the rule once more.
func FuzzFromURI(f *testing.F) {
	p := load(f, example)
	keep := *p
	keep.From = plan.FromDefaultOnly
	f.Add("<sip:u:p@10.0.0.5:5060;a=b?c=d>;tag=1")
	f.Add("Jürgen Müller@corp.lan")
	f.Add("tel:+1555;ext=1")
	f.Fuzz(func(t *testing.T, caller string) {
		for _, p := range []*plan.Plan{p, &keep} {
			got := p.FromURI("px01.vc.example.com", caller)
			if !legalFrom.MatchString(got) {
				t.Errorf("%s: %q became %q", p.From, caller, got)
			}
			if again := p.FromURI("px01.vc.example.com", got); again != got {
				t.Errorf("%s: %q became %q and then %q", p.From, caller, got, again)
			}
			p.Room(caller)
		}
	})
}

func TestRoom(t *testing.T) {
	p := load(t, example)
	for _, c := range []struct{ name, alias, want string }{
		{"an alias", "meet.alice@vc.example.com", "Alice"},
		{"its second alias", "alice@vc.example.com", "Alice"},
		{"a URI", "sip:meet.alice@vc.example.com", "Alice"},
		{"a secure URI with port and parameters", "SIPS:meet.alice@vc.example.com:5061;transport=tls;x=a@b", "Alice"},
		{"in brackets", "<sip:meet.alice@vc.example.com>", "Alice"},
		{"in capitals", "sip:Meet.Alice@VC.EXAMPLE.COM", "Alice"},
		{"with escapes", "sip:meet%2Ealice@vc.example.com", "Alice"},
		{"with a trailing dot", "sip:meet.alice@vc.example.com.", "Alice"},
		{"at the pool", "sip:meet.alice@sip.vc.example.com", "Alice"},
		{"at a node", "sip:meet.alice@px02.vc.example.com:5061", "Alice"},
		{"at a node's address", "sip:meet.alice@10.0.0.41", "Alice"},
		{"at a node's public address", "sip:meet.alice@198.51.100.41:5061;transport=tls", "Alice"},
		{"a foreign alias", "sip:standup@corp.lan", "Standup"},
		{"its own alias of the same user", "standup@vc.example.com", "Standup"},
		{"nobody", "sip:nobody@vc.example.com", ""},
		{"another domain", "sip:meet.alice@example.com", ""},
		{"another host of the domain", "sip:meet.alice@www.vc.example.com", ""},
		{"another address", "sip:meet.alice@10.0.0.99", ""},
		{"only the domain", "sip:vc.example.com", ""},
		{"only the user", "meet.alice", ""},
		{"the room's name", "Alice", ""},
		{"nothing", "", ""},
		{"a broken escape", "sip:meet%2@vc.example.com", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			room, ok := p.Room(c.alias)
			if room.Name != c.want || ok != (c.want != "") {
				t.Errorf("found %q, %v; want %q", room.Name, ok, c.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	p, two := load(t, example), load(t, "testdata/two-domains.yaml")
	if n, ok := p.Node("PX03.vc.example.com."); !ok || n.PublicAddr() != netip.MustParseAddr("198.51.100.42") || n.Address != netip.MustParseAddr("10.0.0.42") {
		t.Errorf("Node: %+v, %v", n, ok)
	}
	if _, ok := p.Node("sip.vc.example.com"); ok {
		t.Error("the pool is no node")
	}
	if n, _ := p.Node("px04.vc.example.com"); n.PublicAddr() != n.Address {
		t.Errorf("without a NAT: %v", n.PublicAddr())
	}
	if partner, ok := p.Partner("FABRIKAM.example"); !ok || partner.Expect != plan.Unreachable {
		t.Errorf("Partner: %+v, %v", partner, ok)
	}
	if _, ok := p.Partner("tailspin.example"); ok {
		t.Error("a partner that is not planned")
	}
	if l, ok := p.Location("dmz"); !ok || !slices.Equal(l.Overflow, []string{"cloud"}) {
		t.Errorf("Location: %+v, %v", l, ok)
	}
	for host, want := range map[string]string{
		"eu.vc.example.com": "eu.vc.example.com", "px01.EU.vc.example.com": "eu.vc.example.com",
		"px01.vc.example.com": "vc.example.com", "xvc.example.com": "", "example.com": "",
	} {
		if d, ok := two.Domain(host); d.Name != want || ok != (want != "") {
			t.Errorf("Domain(%s): %q, %v; want %q", host, d.Name, ok, want)
		}
	}
	names := func(nodes []plan.Node) (out []string) {
		for _, n := range nodes {
			out = append(out, strings.TrimSuffix(n.Name, ".vc.example.com"))
		}
		return out
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"Signaling", names(p.Signaling()), []string{"px01", "px02"}},
		{"MediaNodes", names(p.MediaNodes()), []string{"px01", "px02", "px03", "px04"}},
		{"Pool", names(p.Pool("vc.example.com")), []string{"px01", "px02"}},
		{"Pool of the second domain", names(two.Pool("EU.vc.example.com")), []string{"px01.eu"}},
		{"Names", p.Names(), []string{
			"sip.vc.example.com", "px01.vc.example.com", "px02.vc.example.com", "px03.vc.example.com", "px04.vc.example.com", "vc.example.com",
		}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	p.Outbound = false
	if want := []string{"sip.vc.example.com", "px01.vc.example.com", "px02.vc.example.com", "vc.example.com"}; !slices.Equal(p.Names(), want) {
		t.Errorf("Names without calls outward: %v, want %v", p.Names(), want)
	}
	own, _ := p.Node("px04.vc.example.com")
	shared, _ := p.Node("px03.vc.example.com")
	if c, k := p.Files(own); c != "testdata/px04.pem" || k != "testdata/px04-key.pem" {
		t.Errorf("Files: %s, %s", c, k)
	}
	if c, k := p.Files(shared); c != "testdata/sip.vc.example.com.pem" || k != "testdata/sip.vc.example.com-key.pem" {
		t.Errorf("Files: %s, %s", c, k)
	}
}

func TestIsPublic(t *testing.T) {
	p := &plan.Plan{PublicRanges: []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")}}
	for addr, want := range map[string]bool{
		"198.51.100.40": true, "203.0.113.1": true, "8.8.8.8": true, "2001:db8::1": true, "::ffff:8.8.8.8": true,
		"127.1.0.11": true, "127.0.0.1": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.0.1": false,
		"100.64.0.1": false, "169.254.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "240.0.0.1": false,
		"fe80::1": false, "fd00::1": false, "::1": false,
	} {
		if got := p.IsPublic(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if p.IsPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestZone(t *testing.T) {
	p, two := load(t, example), load(t, "testdata/two-domains.yaml")
	golden(t, "testdata/vc.example.com.zone", p.Zone())
	golden(t, "testdata/two-domains.zone", two.ZoneOf("vc.example.com")+two.ZoneOf("eu.vc.example.com"))
	for _, domain := range []string{"px01.vc.example.com", "example.com", ""} {
		if got := p.ZoneOf(domain); got != "" {
			t.Errorf("the zone of %q: %s", domain, got)
		}
	}
	if got := new(plan.Plan).Zone(); got != "" {
		t.Errorf("the zone of an empty plan: %s", got)
	}
}

// TestPowerShell: all names are looked at before the first record is added.
func TestPowerShell(t *testing.T) {
	script := load(t, "testdata/two-domains.yaml").PowerShell()
	var kinds []string
	for line := range strings.Lines(script) {
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(verb, "$zones[") {
			verb = "Find-Zone"
		}
		if slices.Contains([]string{"Find-Zone", "Show-Others", "Stop-AtAlias", "Add-Service", "Add-Address"}, verb) && !slices.Contains(kinds[max(0, len(kinds)-1):], verb) {
			kinds = append(kinds, verb)
		}
	}
	want := []string{"Find-Zone", "Show-Others", "Find-Zone", "Show-Others", "Stop-AtAlias", "Add-Service", "Add-Address", "Add-Service", "Add-Address"}
	if !slices.Equal(kinds, want) {
		t.Errorf("it does %v, want %v, in\n%s", kinds, want, script)
	}
	if got := new(plan.Plan).PowerShell(); got != "" {
		t.Errorf("for nothing: %s", got)
	}
}

// TestTenants: nothing is published for a domain of Office 365's (DNS-14).
func TestTenants(t *testing.T) {
	p := load(t, "testdata/two-domains.yaml")
	p.Office365 = []string{"vc.example.com"}
	if got := p.ZoneOf("vc.example.com") + p.PowerShell("vc.example.com"); got != "" || p.Records("vc.example.com") != nil {
		t.Errorf("published: %s", got)
	}
	if len(p.Records("eu.vc.example.com")) == 0 || p.ZoneOf("eu.vc.example.com") == "" {
		t.Error("the other domain is ours")
	}
	if got := p.ToRequest(); len(p.Requests()) != 2 || len(got) != 1 || got[0].Domain != "eu.vc.example.com" {
		t.Errorf("asked for: %+v", got)
	}
	for _, s := range p.Checklist() {
		if s.Subject == "certificate sip.vc.example.com" {
			t.Errorf("to install: %+v", s)
		}
	}
}

// BenchmarkRoom finds the last of many rooms: it happens once a call.
func BenchmarkRoom(b *testing.B) {
	p := load(b, example)
	for i := range 10_000 {
		p.Rooms = append(p.Rooms, plan.Room{Aliases: []string{fmt.Sprintf("room.%d@vc.example.com", i)}})
	}
	for b.Loop() {
		if _, ok := p.Room("sip:Room.9999@vc.example.com;transport=tls"); !ok {
			b.Fatal("not found")
		}
	}
}
