package edge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/sip/stack"
)

// silentZone never answers for a domain and all below it.
type silentZone struct {
	dns.Resolver
	below string
}

func (s silentZone) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	if strings.HasSuffix(name, s.below) {
		<-ctx.Done()
		return nil, &dns.Error{Name: name, Type: "SRV", Kind: dns.Timeout, Err: ctx.Err()}
	}
	return s.Resolver.SRV(ctx, name)
}

// everywhere is a wildcard: each name has a record.
type everywhere struct{}

func (everywhere) SRV(context.Context, string) ([]dns.SRV, error) {
	return []dns.SRV{{Target: "sip.wild.example", Port: 5061, TTL: time.Hour}}, nil
}

func (everywhere) Addresses(_ context.Context, host string) ([]dns.Address, error) {
	return nil, &dns.Error{Name: host, Type: "A", Kind: dns.NoSuchName}
}

// pending counts the look-ups under way.
func (f *federations) pending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asking)
}

// Any peer with a certificate can make us ask for any number of names. Neither
// what is remembered nor what is being asked grows with them.
func TestFederationsAreBounded(t *testing.T) {
	for name, zone := range map[string]dns.Resolver{"names without record": dns.Records{}, "names with one": everywhere{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFederations(zone, stack.Timers{})
				for n := range 3 * maxFederations {
					if _, err := f.lookup(t.Context(), "", fmt.Sprintf("d%d.example", n)); err != nil && !missing(err) {
						t.Fatal(err)
					}
				}
				if len(f.known) != maxFederations || f.pending() != 0 {
					t.Errorf("%d domains are remembered, %d look-ups under way", len(f.known), f.pending())
				}
			})
		})
	}
}

// Names that do not exist, and zones that say nothing, push out no answer that
// still holds.
func TestGoodAnswersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := dns.Records{Services: make(map[string][]dns.SRV)}
		for n := range maxFederations {
			good.Services[dns.FederationName(fmt.Sprintf("good%d.example", n))] = []dns.SRV{{Target: "sip", Port: 5061, TTL: time.Hour}}
		}
		world := &asked{Resolver: silentZone{good, "silent.example"}}
		f := newFederations(world, stack.Timers{})
		all := func() {
			for n := range maxFederations {
				if _, err := f.lookup(t.Context(), "", fmt.Sprintf("good%d.example", n)); err != nil {
					t.Fatal(err)
				}
			}
		}
		all()
		for n := range 2 * maxFederations {
			_, _ = f.lookup(t.Context(), "", fmt.Sprintf("absent%d.example", n))
			go f.lookup(t.Context(), "", fmt.Sprintf("d%d.silent.example", n))
		}
		synctest.Wait()
		before := world.count.Load()
		all()
		if again := world.count.Load() - before; again != 0 {
			t.Errorf("%d domains had to be asked for again", again)
		}
		time.Sleep(lookupBudget)
	})
}

// A flood of names that nobody answers for leaves room for domains that have
// federated before, and more for our own calls.
func TestLookupsInReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := dns.Records{Services: map[string][]dns.SRV{}}
		for _, domain := range []string{"contoso.example", "adatum.example"} {
			good.Services[dns.FederationName(domain)] = []dns.SRV{{Target: "sip." + domain, Port: 5061, TTL: time.Minute}}
		}
		f := newFederations(silentZone{good, "silent.example"}, stack.Timers{})
		ask := func(domain string, ours bool) error {
			_, err := f.find(t.Context(), "", domain, ours)
			return err
		}
		want := func(what string, got, want error) {
			t.Helper()
			if !errors.Is(got, want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
		want("at first", ask("contoso.example", false), nil)
		time.Sleep(61 * time.Second) // that has run out
		flood := func(from, most int, ours bool) {
			for n := range most {
				go ask(fmt.Sprintf("d%d.silent.example", from+n), ours)
			}
			synctest.Wait()
		}
		flood(0, 2000, false)
		if n := f.pending(); n != maxStrange {
			t.Errorf("%d look-ups are under way for what peers name", n)
		}
		want("a domain nobody knows yet", ask("adatum.example", false), errTooManyDomains)
		want("a domain that was seen to federate", ask("contoso.example", false), nil)
		want("a domain that we call", ask("adatum.example", true), nil)
		flood(2000, 2000, true)
		if n := f.pending(); n != maxAsking {
			t.Errorf("%d look-ups are under way", n)
		}
		time.Sleep(lookupBudget)
		synctest.Wait()
		if f.pending() != 0 {
			t.Errorf("%d look-ups are still under way", f.pending())
		}
		if err := ask("d1.example", false); !missing(err) {
			t.Errorf("a domain nobody knows yet, afterwards: %v", err)
		}
	})
}

// The peers of one owner have a share of the look-ups; others whom nobody knows
// yet are served.
func TestLookupsArePerOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFederations(silentZone{dns.Records{}, "silent.example"}, stack.Timers{})
		for n := range 1000 {
			go f.lookup(t.Context(), "rogue.example", fmt.Sprintf("d%d.silent.example", n))
		}
		synctest.Wait()
		if n := f.pending(); n != maxForOwner {
			t.Errorf("%d look-ups are under way for one owner", n)
		}
		if _, err := f.lookup(t.Context(), "adatum.example", "adatum.example"); !missing(err) {
			t.Errorf("another owner: %v", err)
		}
		time.Sleep(lookupBudget)
		synctest.Wait()
		if len(f.askers) != 0 {
			t.Errorf("left behind: %v", f.askers)
		}
	})
}

// A zone that fails for a while does not make its domain a stranger.
func TestFailureKeepsFamiliar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := dns.FederationName("contoso.example")
		records := dns.Records{Services: map[string][]dns.SRV{name: {{Target: "sip.contoso.example", TTL: time.Minute}}}, Fail: map[string]dns.Kind{}}
		f := newFederations(silentZone{records, "silent.example"}, stack.Timers{})
		if _, err := f.lookup(t.Context(), "", "contoso.example"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		records.Fail[name] = dns.ServerFailure
		if _, err := f.lookup(t.Context(), "", "contoso.example"); err == nil {
			t.Error("an answer that has run out was believed")
		}
		delete(records.Fail, name)
		for n := range maxStrange {
			go f.lookup(t.Context(), "", fmt.Sprintf("d%d.silent.example", n))
		}
		synctest.Wait()
		if _, err := f.lookup(t.Context(), "", "contoso.example"); err != nil {
			t.Error(err)
		}
		time.Sleep(lookupBudget)
	})
}

// An honest partner's calls are answered, in and out, while another peer speaks
// for a thousand domains whose name server is silent.
func TestPartnersDoNotStarve(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config = func(c *Config) { c.Resolver = silentZone{w.records, "rogue.example"} }
		w.serve()
		contoso := w.dial(w.contoso)
		contoso.call("stand-up@vc.example.com", callID(1)).hangUp()
		rogue := w.dial(w.ca.issue(t, certs.Request{Names: []string{"sip.other.example"}}))
		rogue.drop()
		flood := func(from int) {
			for n := range 1100 {
				rogue.send(request("INVITE", "sip:stand-up@vc.example.com", fmt.Sprint("rogue", from+n), 1,
					fmt.Sprintf("<sip:x@d%d.rogue.example>;tag=1", from+n), "<sip:stand-up@vc.example.com>"))
			}
			w.settle()
		}
		flood(0)
		contoso.call("stand-up@vc.example.com", callID(2)).hangUp()
		time.Sleep(61 * time.Second) // its record has run out
		flood(2000)
		contoso.call("stand-up@vc.example.com", callID(3)).hangUp()
		w.records.Services[dns.FederationName("adatum.example")] = []dns.SRV{{Target: ".", TTL: time.Minute}}
		_, err := w.edge.Place(w.ctx, Place{Room: "stand-up", To: "bob@adatum.example"})
		if failure, _ := errors.AsType[*Failure](err); failure == nil || !strings.Contains(failure.Error(), "takes no federated calls") {
			t.Errorf("a call out: %v", err)
		}
		time.Sleep(30 * time.Second)
	})
}

// drop reads and forgets all that comes.
func (p *peer) drop() {
	go func() {
		for {
			if _, err := p.reader.Next(); err != nil {
				return
			}
		}
	}()
}

// departed is a zone whose answer comes as the one who asked has gone.
type departed struct {
	dns.Records
	leave context.CancelFunc
}

func (z departed) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	z.leave()
	return z.Records.SRV(context.WithoutCancel(ctx), name)
}

// An answer is one, though whoever asked for it has gone: it is not asked for
// again and again by those who wait.
func TestAnswerAfterLeaving(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	f := newFederations(departed{dns.Records{}, leave}, stack.Timers{})
	if _, err := f.lookup(ctx, "", "contoso.example"); !missing(err) {
		t.Fatalf("who asked: %v", err)
	}
	if _, err := f.lookup(t.Context(), "", "contoso.example"); !missing(err) {
		t.Errorf("who asks next: %v", err)
	}
}
