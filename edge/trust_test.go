package edge

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fedge/dns"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/stack"
)

func proved(names ...string) link.Identity {
	return link.Identity{Chain: []*x509.Certificate{{DNSNames: names}}}
}

func TestTrust(t *testing.T) {
	srv := func(targets ...string) []dns.SRV {
		var records []dns.SRV
		for _, target := range targets {
			records = append(records, dns.SRV{Target: target, Port: 5061, TTL: time.Minute})
		}
		return records
	}
	world := dns.Records{
		Services: map[string][]dns.SRV{
			dns.FederationName("contoso.example"): srv("sip.contoso.example"),
			dns.FederationName("two.example"):     srv("a.two.example", "b.two.example"),
			dns.FederationName("deep.example"):    srv("sip.sub.deep.example"),
			dns.FederationName("hosted.example"):  srv("sip.contoso.example"),
			dns.FederationName("bare.example"):    srv("bare.example"),
			dns.FederationName("never.example"):   srv("."),
			dns.FederationName("rented.example"):  srv("sipfed.host.example"),
			dns.FederationName("evil.example"):    srv("sip.evil.example"),
			dns.FederationName("listed.example"):  srv("sip.listed.example"),
		},
		Fail: map[string]dns.Kind{
			dns.FederationName("broken.example"): dns.ServerFailure,
			dns.FederationName("slow.example"):   dns.Timeout,
		},
	}
	partners := []plan.Partner{
		{Domain: "direct.example", Trust: plan.Allowed, Edge: "edge.provider.example"},
		{Domain: "listed.example", Trust: plan.Allowed},
		{Domain: "both.example", Trust: plan.Allowed, Edge: "edge.both.example"},
		{Domain: "fabrikam.example", Expect: plan.Unreachable, Trust: plan.Discovered},
	}
	const yes, no, unknown = "yes", "no", "unknown"
	tests := []struct {
		name   string
		peer   link.Identity
		domain string
		want   string
	}{
		{"its SRV target is in the certificate", proved("other.test", "sip.contoso.example"), "contoso.example", yes},
		{"capitals and a dot at the end", proved("SIP.Contoso.example"), "Contoso.Example.", yes},
		{"any of its targets", proved("b.two.example"), "two.example", yes},
		{"somebody else's certificate", proved("sip.adatum.example"), "contoso.example", no},
		{"the bare domain does not do", proved("contoso.example"), "contoso.example", no},
		{"a suffix is not the name", proved("sip.contoso.example.evil.test", "evilsip.contoso.example"), "contoso.example", no},
		{"a subdomain is another domain", proved("sip.contoso.example"), "x.contoso.example", no},
		{"a target deeper than directly under the domain", proved("sip.sub.deep.example"), "deep.example", no},
		{"a target in another domain", proved("sip.contoso.example"), "hosted.example", no},
		{"a target that is the domain itself", proved("bare.example"), "bare.example", no},
		{"the domain says it does not federate", proved("sip.never.example"), "never.example", no},
		{"no record", proved("sip.fabrikam.example"), "fabrikam.example", no},
		{"a direct partner by the name in the plan", proved("edge.provider.example"), "direct.example", yes},
		{"a direct partner with another name", proved("sip.direct.example"), "direct.example", no},
		{"an allowed domain is proved by DNS all the same", proved("edge.listed.example"), "listed.example", no},
		{"an allowed domain", proved("sip.listed.example"), "listed.example", yes},
		{"a hosting provider for a domain that it serves", proved("sipfed.host.example"), "rented.example", yes},
		{"a hosting provider for a domain that it does not", proved("sipfed.host.example"), "contoso.example", no},
		{"a hosting provider for a domain without record", proved("sipfed.host.example"), "fabrikam.example", no},
		{"somebody else for a provider's domain", proved("sip.rented.example"), "rented.example", no},
		{"a blocked domain", proved("sip.evil.example"), "EVIL.example.", no},
		{"a blocked domain that is allowed as well", proved("edge.both.example"), "both.example", no},
		{"no name at all", proved(), "contoso.example", no},
		{"a chain that does not verify", link.Identity{Chain: proved("sip.contoso.example").Chain, Err: errors.New("unknown authority")}, "contoso.example", no},
		{"no certificate", link.Identity{Err: link.ErrNoCertificate}, "contoso.example", no},
		{"an address", proved("sip.contoso.example"), "192.0.2.7", no},
		{"nothing", proved("sip.contoso.example"), "", no},
		{"DNS is broken: not allowed, and not the peer's fault", proved("sip.broken.example"), "broken.example", unknown},
		{"DNS does not answer", proved("sip.slow.example"), "slow.example", unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			judge := trust{plan: &plan.Plan{
				Verify: true, Partners: partners, Blocked: []string{"evil.example", "both.example"}, Providers: []string{"sipfed.host.example"},
			}, records: newFederations(world, stack.Timers{})}
			err := judge.speaksFor(t.Context(), test.peer, test.domain)
			got := unknown
			if _, distrust := errors.AsType[*distrusted](err); distrust {
				got = no
			} else if err == nil {
				got = yes
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
			judge.plan.Verify = false
			if err := judge.speaksFor(t.Context(), test.peer, test.domain); (err != nil) != judge.plan.Blocks(test.domain) {
				t.Errorf("verify off: %v", err)
			}
		})
	}
}

// asked counts the questions for a world that can change and be slow.
type asked struct {
	dns.Resolver
	count atomic.Int64
	takes time.Duration
}

func (a *asked) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	a.count.Add(1)
	select {
	case <-time.After(a.takes):
	case <-ctx.Done():
		return nil, &dns.Error{Name: name, Type: "SRV", Kind: dns.Timeout, Err: ctx.Err()}
	}
	return a.Resolver.SRV(ctx, name)
}

// nothing is a world without records, which may be remembered for a while.
type nothing struct{ keep time.Duration }

func (n nothing) SRV(_ context.Context, name string) ([]dns.SRV, error) {
	return nil, &dns.Error{Name: name, Type: "SRV", Kind: dns.NoSuchName, Absence: n.keep}
}

func (n nothing) Addresses(_ context.Context, host string) ([]dns.Address, error) {
	return nil, &dns.Error{Name: host, Type: "A", Kind: dns.NoSuchName, Absence: n.keep}
}

func TestFederationsAreRemembered(t *testing.T) {
	record := func(ttl time.Duration) dns.Records {
		return dns.Records{Services: map[string][]dns.SRV{
			dns.FederationName("contoso.example"): {{Target: "sip.contoso.example", Port: 5061, TTL: ttl}},
		}}
	}
	broken := dns.Records{Fail: map[string]dns.Kind{dns.FederationName("contoso.example"): dns.ServerFailure}}
	tests := []struct {
		name  string
		world dns.Resolver
		after time.Duration
		want  int // questions for two look-ups with that time between them
	}{
		{"within its TTL", record(time.Minute), 59 * time.Second, 1},
		{"after its TTL", record(time.Minute), 61 * time.Second, 2},
		{"never longer than five minutes", record(24 * time.Hour), 301 * time.Second, 2},
		{"a TTL of zero", record(0), 0, 2},
		{"absence, for a little while", dns.Records{}, (absentTTL - 1) * time.Second, 1},
		{"absence, never longer than a minute", dns.Records{}, time.Minute, 2},                    // RFC 2308 §5: whoever publishes a record now is found
		{"absence, no longer than the zone has it", nothing{9 * time.Second}, 8 * time.Second, 1}, // RFC 2308 §5
		{"absence, when that is over", nothing{9 * time.Second}, 10 * time.Second, 2},
		{"absence in a zone that does not say for how long", nothing{}, 0, 2},
		{"a failure, never", broken, 0, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := &asked{Resolver: test.world}
				f := newFederations(world, stack.Timers{})
				_, first := f.lookup(t.Context(), "", "contoso.example")
				time.Sleep(test.after)
				_, second := f.lookup(t.Context(), "", "contoso.example")
				if int(world.count.Load()) != test.want || (first == nil) != (second == nil) {
					t.Errorf("%d questions (%v, then %v), want %d", world.count.Load(), first, second, test.want)
				}
			})
		})
	}
}

func TestLookupsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := &asked{takes: time.Second, Resolver: dns.Records{}}
		f := newFederations(world, stack.Timers{})
		impatient, giveUp := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer giveUp()
		cancelled, cancel := context.WithCancel(t.Context())
		results := make(chan error, 12)
		go func() { _, err := f.lookup(cancelled, "", "contoso.example"); results <- err }()
		synctest.Wait()
		go func() { _, err := f.lookup(impatient, "", "contoso.example"); results <- err }()
		for range 10 {
			go func() { _, err := f.lookup(t.Context(), "", "contoso.example"); results <- err }()
		}
		synctest.Wait()
		if world.count.Load() != 1 {
			t.Fatalf("%d questions for twelve who ask at once", world.count.Load())
		}
		cancel() // the one who asks goes away; the others must not suffer from it
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left: %v", err)
		}
		if err := <-results; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient one: %v", err)
		}
		for range 10 {
			if err := <-results; !missing(err) {
				t.Errorf("got %v, want that there is no record", err)
			}
		}
		// The impatient one may have been the next to ask, and gone as well.
		if n := world.count.Load(); n != 2 && n != 3 {
			t.Errorf("%d questions, want 2 or 3: one of those who stayed asks for all", n)
		}
	})
}

func TestDistrustSaysWhy(t *testing.T) {
	err := (&trust{plan: &plan.Plan{}}).matches([]string{"sip.adatum.example"}, []dns.SRV{{Target: "sip.contoso.example"}}, "contoso.example")
	for _, want := range []string{"contoso.example", "sip.adatum.example", "sip.contoso.example"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// Without discovery only allowed partners are let in, and proved as ever.
func TestClosedFederation(t *testing.T) {
	records := dns.Records{Services: map[string][]dns.SRV{
		dns.FederationName("contoso.example"): {{Target: "sip.contoso.example", TTL: time.Minute}},
		dns.FederationName("listed.example"):  {{Target: "sip.listed.example", TTL: time.Minute}},
		dns.FederationName("rented.example"):  {{Target: "sipfed.host.example", TTL: time.Minute}},
	}}
	judge := trust{plan: &plan.Plan{
		Verify: true, Closed: true, Providers: []string{"sipfed.host.example"},
		Partners: []plan.Partner{{Domain: "listed.example", Trust: plan.Allowed}, {Domain: "contoso.example", Trust: plan.Discovered}},
	}, records: newFederations(records, stack.Timers{})}
	for _, c := range []struct {
		peer, domain string
		want         bool
	}{
		{"sip.listed.example", "listed.example", true},
		{"sip.contoso.example", "listed.example", false},
		{"sip.contoso.example", "contoso.example", false},
		{"sipfed.host.example", "rented.example", false},
	} {
		if err := judge.speaksFor(t.Context(), proved(c.peer), c.domain); (err == nil) != c.want {
			t.Errorf("%s for %s: %v", c.peer, c.domain, err)
		}
	}
}

func TestListed(t *testing.T) {
	judge := trust{plan: &plan.Plan{Providers: []string{"sipfed.host.example"}, Partners: []plan.Partner{
		{Domain: "listed.example", Trust: plan.Allowed},
		{Domain: "direct.example", Trust: plan.Allowed, Edge: "edge.provider.example"},
		{Domain: "contoso.example", Trust: plan.Discovered},
	}}}
	for host, want := range map[string]bool{
		"sip.listed.example": true, "edge.provider.example": true, "sipfed.host.example": true,
		"sip.contoso.example": false, "sip.direct.example": false, "listed.example": false, "a.sip.listed.example": false,
	} {
		if got := judge.listed(proved(host)); got != want {
			t.Errorf("%s: %v", host, got)
		}
		unproved := proved(host)
		unproved.Err = errors.New("self-signed")
		if judge.listed(unproved) {
			t.Errorf("%s, unproved", host)
		}
	}
}
