package edge

import (
	"context"
	"errors"
	"sync"
	"time"

	"fedge/dns"
	"fedge/mutant"
	"fedge/sip/stack"
)

// Bounds of what is remembered about other people's domains.
const (
	maxFederations = 1024             // domains remembered; any peer can make us ask for one
	longestTTL     = 300              // seconds; a revoked partner is gone after this, whatever its TTL said
	absentTTL      = 15               // seconds that "no such record" is believed
	lookupBudget   = 10 * time.Second // one look-up, retries and all
)

// errTooManyDomains: every remembered domain is still being looked up.
var errTooManyDomains = errors.New("edge: too many domains are being looked up at once")

// federations remembers the federation records of domains for as long as
// their TTL allows. Concurrent askers share one look-up. Failures that are no
// statement of the zone (SERVFAIL, timeouts) are never remembered.
type federations struct {
	resolver dns.Resolver
	timers   stack.Timers // how long a second of a TTL lasts

	mu    sync.Mutex
	known map[string]*federation
}

// federation is one domain's records, or the look-up that will bring them.
type federation struct {
	ready   chan struct{} // closed once records and err are there
	records []dns.SRV
	err     error
	left    bool // whoever asked gave up; that says nothing about the domain
	until   time.Time
}

func newFederations(resolver dns.Resolver, timers stack.Timers) *federations {
	return &federations{resolver: resolver, timers: timers, known: make(map[string]*federation)}
}

// lookup returns the SRV records of a domain. It blocks for a DNS round trip
// at most lookupBudget long, and must not run on a link's reader.
func (f *federations) lookup(ctx context.Context, domain string) ([]dns.SRV, error) {
	for {
		entry, mine, err := f.enter(domain)
		if err != nil {
			return nil, err
		}
		if mine {
			f.ask(ctx, domain, entry)
			return entry.records, entry.err
		}
		select {
		case <-entry.ready:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if entry.left && ctx.Err() == nil {
			continue
		}
		return entry.records, entry.err
	}
}

// enter finds a domain's entry or makes one; mine says that the caller is the
// one who looks it up.
func (f *federations) enter(domain string) (entry *federation, mine bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if entry := f.known[domain]; entry != nil && (!entry.done() || now.Before(entry.until)) {
		return entry, false, nil
	}
	delete(f.known, domain)
	if len(f.known) >= maxFederations && !f.evict(now) {
		return nil, false, errTooManyDomains
	}
	entry = &federation{ready: make(chan struct{})}
	f.known[domain] = entry
	return entry, true, nil
}

// evict makes room: what has run out, else any one that is not being looked up.
func (f *federations) evict(now time.Time) bool {
	var victim string
	for domain, entry := range f.known {
		if !entry.done() {
			continue
		}
		if victim = domain; !now.Before(entry.until) {
			break
		}
	}
	delete(f.known, victim)
	return len(f.known) < maxFederations
}

// ask looks a domain up and tells everybody who waits for it.
func (f *federations) ask(ctx context.Context, domain string, entry *federation) {
	asking, stop := context.WithTimeout(ctx, lookupBudget)
	defer stop()
	var records []dns.SRV
	err := errPanicked // unless it goes well: nobody may wait for ever
	defer func() {
		entry.left = ctx.Err() != nil
		f.tell(domain, entry, records, err)
	}()
	records, err = f.resolver.SRV(asking, dns.FederationName(domain))
	if err == nil && len(records) == 0 {
		err = &dns.Error{Name: dns.FederationName(domain), Type: "SRV", Kind: dns.NoData}
	}
}

// tell ends a lookup.
func (f *federations) tell(domain string, entry *federation, records []dns.SRV, err error) {
	life := f.life(records, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	entry.records, entry.err, entry.until = records, err, time.Now().Add(life)
	if life == 0 && f.known[domain] == entry {
		delete(f.known, domain)
	}
	close(entry.ready)
}

// life is how long an answer is believed.
func (f *federations) life(records []dns.SRV, err error) time.Duration {
	seconds := longestTTL
	for _, record := range records {
		seconds = min(seconds, int(record.TTL/time.Second))
	}
	switch {
	case err != nil && (missing(err) || mutant.On("dns.servfail-negcache")):
		seconds = absentTTL
	case err != nil, mutant.On("dns.no-cache"):
		seconds = 0
	case mutant.On("dns.cache-forever"):
		seconds = 1 << 20
	}
	return f.timers.Seconds(seconds)
}

func (e *federation) done() bool {
	select {
	case <-e.ready:
		return true
	default:
		return false
	}
}
