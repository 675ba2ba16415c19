package dns_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"fedge/dns"
)

// example is the zone of the documented deployment, with an alias or two more.
const example = `$ORIGIN vc.example.com.
$TTL 300
@ IN SOA ns.vc.example.com. hostmaster.vc.example.com. 1 3600 600 86400 60
@ IN NS ns.vc.example.com.
ns IN A 192.0.2.53
_sipfederationtls._tcp 3600 IN SRV 1 100 5061 SIP.vc.example.com.
_backup._tcp IN SRV 20 0 5061 b.vc.example.com.
_backup._tcp IN SRV 10 10 5061 light.vc.example.com.
_backup._tcp IN SRV 10 90 5061 heavy.vc.example.com.
_none._tcp IN SRV 0 0 0 .
sip IN A 198.51.100.40
sip IN A 198.51.100.41
px01 86400 IN A 198.51.100.40
six IN AAAA 2001:db8::1
both IN A 198.51.100.40
both IN AAAA 2001:db8::2
text IN TXT "no address"
alias IN CNAME px01
far IN CNAME edge.contoso.example.
dangling IN CNAME nothing
circle IN CNAME elcric
elcric IN CNAME circle
c0 IN CNAME c1
c1 IN CNAME c2
c2 IN CNAME c3
c3 IN CNAME c4
c4 IN CNAME c5
c5 IN CNAME c6
c6 IN CNAME c7
c7 IN CNAME c8
c8 IN CNAME c9
c9 IN A 198.51.100.40
`

const contoso = `$ORIGIN contoso.example.
@ 60 IN SOA ns hostmaster 1 3600 600 86400 60
@ 60 IN NS ns
ns 60 IN A 192.0.2.53
edge 60 IN A 203.0.113.7
`

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func zone(t testing.TB, text string) *dns.Zone {
	t.Helper()
	z, err := dns.ParseZone(text)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// serve starts a server that ends with the test.
func serve(t testing.TB, zones ...string) *dns.Server {
	t.Helper()
	var parsed []*dns.Zone
	for _, text := range zones {
		parsed = append(parsed, zone(t, text))
	}
	s, err := dns.Serve(t.Context(), loopback, parsed...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func wantKind(t *testing.T, err error, want dns.Kind) *dns.Error {
	t.Helper()
	why, ok := errors.AsType[*dns.Error](err)
	if !ok || why.Kind != want {
		t.Fatalf("error %v, want kind %q", err, want)
	}
	return why
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"A.Example.": "a.example", "a.example": "a.example", ".": ".", "": "",
	} {
		if got := dns.Canonical(in); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", in, got, want)
		}
	}
	if got := dns.FederationName("Contoso.example."); got != "_sipfederationtls._tcp.contoso.example" {
		t.Errorf("FederationName gave %q", got)
	}
}

// TestResolvers puts the same questions to both kinds of Resolver.
func TestResolvers(t *testing.T) {
	records := dns.Records{
		Services: map[string][]dns.SRV{
			"_sipfederationtls._tcp.vc.example.com": {{Target: "sip.vc.example.com", Port: 5061, Priority: 1, Weight: 100}},
			"_backup._tcp.vc.example.com": {
				{Target: "b.vc.example.com", Port: 5061, Priority: 20},
				{Target: "light.vc.example.com", Port: 5061, Priority: 10, Weight: 10},
				{Target: "heavy.vc.example.com", Port: 5061, Priority: 10, Weight: 90},
			},
			"_none._tcp.vc.example.com": {{Target: "."}},
		},
		Hosts: map[string][]netip.Addr{
			"sip.vc.example.com":  {netip.MustParseAddr("198.51.100.40"), netip.MustParseAddr("198.51.100.41")},
			"text.vc.example.com": nil,
		},
		Fail: map[string]dns.Kind{"www.elsewhere.example": dns.Refused},
	}
	server := serve(t, example)
	for name, resolver := range map[string]dns.Resolver{
		"Client":  dns.NewClient(server.Addr()),
		"Records": records,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			found, err := resolver.SRV(ctx, dns.FederationName("VC.example.com."))
			if err != nil || len(found) != 1 {
				t.Fatalf("SRV: %v, %v", found, err)
			}
			found[0].TTL = 0
			if want := (dns.SRV{Target: "sip.vc.example.com", Port: 5061, Priority: 1, Weight: 100}); found[0] != want {
				t.Errorf("SRV %+v, want %+v", found[0], want)
			}

			found, err = resolver.SRV(ctx, "_backup._tcp.vc.example.com")
			if err != nil {
				t.Fatal(err)
			}
			var targets []string
			for _, srv := range found {
				targets = append(targets, srv.Target)
			}
			if want := []string{"heavy.vc.example.com", "light.vc.example.com", "b.vc.example.com"}; !slices.Equal(targets, want) {
				t.Errorf("best first: %v, want %v", targets, want)
			}

			found, err = resolver.SRV(ctx, "_none._tcp.vc.example.com")
			if err != nil || found[0].Target != "." {
				t.Errorf("a service that is not offered: %v, %v", found, err)
			}

			addresses, err := resolver.Addresses(ctx, "sip.VC.example.com")
			if err != nil || len(addresses) != 2 || addresses[0].Addr != netip.MustParseAddr("198.51.100.40") || addresses[0].TTL <= 0 {
				t.Errorf("Addresses: %v, %v", addresses, err)
			}

			_, err = resolver.SRV(ctx, dns.FederationName("nobody.vc.example.com"))
			wantKind(t, err, dns.NoSuchName)
			_, err = resolver.Addresses(ctx, "text.vc.example.com")
			wantKind(t, err, dns.NoData)
			_, err = resolver.SRV(ctx, "sip.vc.example.com")
			wantKind(t, err, dns.NoData)
			_, err = resolver.Addresses(ctx, "www.elsewhere.example")
			wantKind(t, err, dns.Refused)
		})
	}
}

func TestErrorText(t *testing.T) {
	err := &dns.Error{Name: "_sipfederationtls._tcp.fabrikam.example", Type: "SRV", Kind: dns.NoSuchName, Server: "127.0.0.1:5353"}
	const want = "dns: SRV _sipfederationtls._tcp.fabrikam.example: the name does not exist (NXDOMAIN); asked 127.0.0.1:5353"
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if err.Timeout() || err.Temporary() {
		t.Error("a name that does not exist will not come by waiting")
	}
	if late := (&dns.Error{Kind: dns.Timeout}); !late.Timeout() || !late.Temporary() {
		t.Error("a timeout is one")
	}
}

func TestTTL(t *testing.T) {
	client := dns.NewClient(serve(t, example).Addr())
	srv, err := client.SRV(t.Context(), dns.FederationName("vc.example.com"))
	if err != nil || srv[0].TTL != time.Hour {
		t.Errorf("SRV %v, %v; its TTL is an hour", srv, err)
	}
	a, err := client.A(t.Context(), "sip.vc.example.com")
	if err != nil || a[0].TTL != 5*time.Minute {
		t.Errorf("A %v, %v; its TTL is five minutes", a, err)
	}
}
