package edge

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"fedge/dns"
)

// slowHosts takes its time for the address of a host and then says that there is
// none, but for one host.
type slowHosts struct {
	dns.Resolver
	takes time.Duration
	but   string
	asked *atomic.Int64
}

func (s slowHosts) Addresses(ctx context.Context, host string) ([]dns.Address, error) {
	if host == s.but {
		return s.Resolver.Addresses(ctx, host)
	}
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
	}
	return nil, &dns.Error{Name: host, Type: "A", Kind: dns.Timeout}
}

// However many records a domain has, and however long their hosts take to be
// found, one call asks so often and so long and no more; one silent host does not
// keep it from the next.
func TestLocatingIsBounded(t *testing.T) {
	for _, c := range []struct {
		name    string
		records int
		takes   time.Duration
		asked   int64
		within  time.Duration
	}{
		{"a thousand hosts without address", 1000, 0, maxRecords, 0},
		{"hosts that take their time", 100, 4 * time.Second, 5, locateBudget},
		{"hosts that are never found", 100, time.Hour, 4, locateBudget},
		{"a host that is never found, and one that is there", 1, time.Hour, 1, hostBudget},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var asked atomic.Int64
				var records []dns.SRV
				for n := range c.records {
					records = append(records, dns.SRV{Target: fmt.Sprintf("sip%d.other.example", n), Port: 5061, TTL: time.Minute})
				}
				// The worst of all: it is reached only where the others leave room.
				records = append(records, dns.SRV{Target: "last.other.example", Port: 5061, Priority: 9, TTL: time.Minute})
				w.records.Services[dns.FederationName("other.example")] = records
				w.records.Hosts["last.other.example"] = []netip.Addr{netip.MustParseAddr("203.0.113.77")}
				w.config = func(config *Config) {
					config.Resolver = slowHosts{w.records, c.takes, "last.other.example", &asked}
				}
				w.serve()
				began := time.Now()
				_, err := w.edge.Place(w.ctx, Place{Room: "stand-up", To: "bob@other.example"})
				failure, _ := errors.AsType[*Failure](err)
				want := StageDNS
				if c.records == 1 {
					want = StageConnect // nobody listens there
				}
				if failure == nil || failure.Stage != want {
					t.Errorf("got %v, want a failure of %s", err, want)
				}
				if asked.Load() != c.asked || time.Since(began) != c.within {
					t.Errorf("%d questions within %s, want %d within %s", asked.Load(), time.Since(began), c.asked, c.within)
				}
			})
		})
	}
}
