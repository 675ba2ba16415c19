package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// silent is a name server that takes questions and answers none.
type silent struct{}

func (silent) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	<-ctx.Done()
	return nil, &dns.Error{Name: name, Type: "SRV", Kind: dns.Timeout, Err: ctx.Err()}
}

func (silent) Addresses(ctx context.Context, host string) ([]dns.Address, error) {
	<-ctx.Done()
	return nil, &dns.Error{Name: host, Type: "A", Kind: dns.Timeout, Err: ctx.Err()}
}

// TestSilentResolvers: a name server that says nothing is waited for once,
// however many nodes there are; one that answers is listened to all the same, and the other one told.
func TestSilentResolvers(t *testing.T) {
	for name, answering := range map[string]bool{"all are silent": false, "one is silent": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.cfg.Resolvers = []dns.Resolver{silent{}, silent{}}
				if answering {
					s.cfg.Resolvers[1] = s.records
				} else {
					for i := range 60 { // that nobody answers for
						n := s.plan.Nodes[3]
						n.Name, n.Public = fmt.Sprintf("px%02d.%s", 40+i, domain), netip.AddrFrom4([4]byte{198, 51, 100, byte(100 + i)})
						n.Roles = []plan.Role{plan.Media}
						s.plan.Nodes = append(s.plan.Nodes, n)
					}
					s.cfg.Trigger = nil
				}
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				if c.TookSeconds > 15 {
					t.Errorf("it took %.1f s", c.TookSeconds)
				}
				if answering && (c.Verdict != result.Inconclusive || len(failed(c.Findings)) > 0) {
					t.Errorf("verdict %s: %q", c.Verdict, failed(c.Findings))
				}
				told := slices.ContainsFunc(c.Findings, func(f result.Finding) bool {
					return f.ID == "DNS-18" && f.Subject == "name server resolver 1" && f.Why == result.ObservationFailed
				})
				if told != answering {
					t.Errorf("it is told that one of them is silent: %t", told)
				}
				waited, spared := 0, 0
				for _, l := range c.Facts.(Facts).Lookups {
					switch {
					case l.Failure != string(dns.Timeout):
					case !l.wasPut():
						spared++
					default:
						waited++
					}
				}
				if waited == 0 || spared == 0 || waited > 2*(1+len(s.plan.Partners)) {
					t.Errorf("waited for %d questions, and spared %d", waited, spared)
				}
				silentDNS := func(f result.Finding) bool {
					return f.ID == "DNS-01" && f.Why == result.ObservationFailed
				}
				if slices.ContainsFunc(c.Findings, silentDNS) == answering {
					t.Errorf("DNS-01 was not observed: %t", !answering)
				}
			})
		})
	}
}

// dropping is a name server that drops some questions, and answers the others.
type dropping struct {
	dns.Records
	drops func(name, kind string) bool
}

func (d dropping) hang(ctx context.Context, name, kind string) error {
	if !d.drops(name, kind) {
		return nil
	}
	<-ctx.Done()
	return &dns.Error{Name: name, Type: kind, Kind: dns.Timeout, Err: ctx.Err()}
}

func (d dropping) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	if err := d.hang(ctx, name, "SRV"); err != nil {
		return nil, err
	}
	return d.Records.SRV(ctx, name)
}

func (d dropping) A(ctx context.Context, host string) ([]dns.Address, error) {
	if err := d.hang(ctx, host, "A"); err != nil {
		return nil, err
	}
	return d.Records.Addresses(ctx, host)
}

func (d dropping) Addresses(ctx context.Context, host string) ([]dns.Address, error) {
	return d.A(ctx, host)
}

func (d dropping) AAAA(ctx context.Context, host string) ([]dns.Address, error) {
	if err := d.hang(ctx, host, "AAAA"); err != nil {
		return nil, err
	}
	return nil, &dns.Error{Name: host, Type: "AAAA", Kind: dns.NoData}
}

func (d dropping) CNAME(ctx context.Context, name string) (string, error) {
	if err := d.hang(ctx, name, "CNAME"); err != nil {
		return "", err
	}
	return "", &dns.Error{Name: name, Type: "CNAME", Kind: dns.NoData}
}

// TestDroppingResolvers: name servers that answer some questions and drop others
// hold nobody up for long, however many nodes and partners there are; what they
// answer is listened to.
func TestDroppingResolvers(t *testing.T) {
	for name, test := range map[string]struct {
		drops func(name, kind string) bool
		heard string // the type that is answered, always
	}{
		"all but SRV":                 {func(_, kind string) bool { return kind != "SRV" }, "SRV"},
		"AAAA":                        {func(_, kind string) bool { return kind == "AAAA" }, "A"},
		"most, of each type some":     {func(name, _ string) bool { return len(name) < 30 && strings.Contains(name, "7") }, ""},
		"of most partners":            {func(name, _ string) bool { return strings.Contains(name, "fabrikam") }, ""},
		"every name but the domain's": {func(name, _ string) bool { return name != dns.FederationName(domain) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				for i := range 60 {
					n := s.plan.Nodes[3]
					n.Name, n.Public = fmt.Sprintf("px%02d.%s", 40+i, domain), netip.AddrFrom4([4]byte{198, 51, 100, byte(100 + i)})
					n.Roles = []plan.Role{plan.Media}
					s.plan.Nodes = append(s.plan.Nodes, n)
					s.records.Hosts[n.Name] = []netip.Addr{n.Public}
					s.plan.Partners = append(s.plan.Partners, plan.Partner{Domain: fmt.Sprintf("fabrikam%02d.example", i), Expect: plan.Unreachable, Trust: plan.Discovered})
				}
				s.cfg.Trigger = nil
				s.cfg.Resolvers = []dns.Resolver{dropping{s.records, test.drops}, dropping{s.records, test.drops}}
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				if c.TookSeconds > 15 {
					t.Errorf("it took %.1f s", c.TookSeconds)
				}
				dropped := 0
				for _, l := range c.Facts.(Facts).Lookups {
					if l.Failure == string(dns.Timeout) {
						dropped++
					}
					if l.Type == test.heard && l.Failure == string(dns.Timeout) {
						t.Errorf("%s %s at %s: %s", l.Name, l.Type, l.Resolver, l.Detail)
					}
				}
				if dropped == 0 {
					t.Error("nothing was dropped")
				}
				t.Logf("%.1f s, %d of %d dropped", c.TookSeconds, dropped, len(c.Facts.(Facts).Lookups))
			})
		})
	}
}

// TestRinging: nodes that ring and never answer, planned ones and whoever else is
// in the pool, hold nobody up, and have given no answer.
func TestRinging(t *testing.T) {
	for name, spoil := range map[string]func(*scene){
		"for a call":     func(s *scene) { s.each(func(n *node) { n.status = 180 }) },
		"for everything": func(s *scene) { s.each(func(n *node) { n.rings = true }) },
		"for everything, and a stranger in the pool too": func(s *scene) {
			s.each(func(n *node) { n.rings = true })
			stranger := *s.nodes[px01]
			stranger.address = netip.MustParseAddr("198.51.100.99")
			s.nodes["a stranger"] = &stranger
			s.records.Hosts[pool] = append(s.records.Hosts[pool], stranger.address)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				spoil(s)
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				if c.TookSeconds > 15 {
					t.Errorf("it took %.1f s", c.TookSeconds)
				}
				t.Logf("%.1f s, %s", c.TookSeconds, c.Verdict)
				seen := 0
				for _, f := range c.Findings {
					if f.ID == "LOC-07" && f.Subject == px01 {
						if seen++; f.Outcome != result.NotChecked {
							t.Errorf("%s: %q", f.Outcome, f.Evidence)
						}
					}
				}
				if seen != 1 {
					t.Errorf("%d findings on the node", seen)
				}
			})
		})
	}
}

// TestSpeakingOfSomethingElse: a node that answers with messages to nothing, and
// no end of them, or with what is no SIP, holds nobody up, and has turned nobody
// away: the link was given up here.
func TestSpeakingOfSomethingElse(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*node)
		says  string
	}{
		"a flood": {func(n *node) { n.floods = true }, "floods the link"},
		"no SIP":  {func(n *node) { n.babbles = true }, "framing"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.cfg.Trigger = nil
				test.spoil(s.nodes[px01])
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				if c.TookSeconds > 15 {
					t.Errorf("it took %.1f s", c.TookSeconds)
				}
				for _, e := range c.Facts.(Facts).Endpoints {
					if e.Node != px01 || e.Invite == nil {
						continue
					}
					if !strings.Contains(e.Invite.Failure, test.says) || e.Invite.Closed {
						t.Errorf("INVITE: %+v", *e.Invite)
					}
					for _, stranger := range append(e.Strangers, *e.Impostor) {
						if stranger.Refused != "" || stranger.Failure == "" {
							t.Errorf("%+v", stranger)
						}
					}
				}
				seen := 0
				for _, f := range c.Findings {
					if f.Subject == px01 && slices.Contains([]string{"CRT-14", "LOC-07", "FQD-01"}, f.ID) {
						if seen++; f.Outcome == result.RulePass {
							t.Errorf("%s passes: %q", f.ID, f.Evidence)
						}
					}
				}
				if seen != 3 {
					t.Errorf("%d findings on the node", seen)
				}
			})
		})
	}
}
