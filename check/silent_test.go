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
					case l.Detail == notAsked:
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

// TestFloodingNodes: a node that answers with messages to nothing, and no end of
// them, holds nobody up, and has turned nobody away: the link was cut off here.
func TestFloodingNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.cfg.Trigger = nil
		s.nodes[px01].floods = true
		var c result.Check
		s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
		if c.TookSeconds > 15 {
			t.Errorf("it took %.1f s", c.TookSeconds)
		}
		for _, e := range c.Facts.(Facts).Endpoints {
			if e.Node != px01 || e.Invite == nil {
				continue
			}
			if !strings.Contains(e.Invite.Failure, "floods the link") || e.Invite.Closed {
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
}
