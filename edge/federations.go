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

// Bounds of what is remembered about other people's domains, and of what is
// asked: any peer can make us ask for any name, before it has proved anything.
const (
	maxFederations = 1024             // domains remembered
	longestTTL     = 300              // seconds; a revoked partner is gone after this, whatever its TTL said
	absentTTL      = 15               // seconds that "no such record" is believed at most
	lookupBudget   = 10 * time.Second // one look-up, retries and all

	// Look-ups under way: nobody whom the one has filled up can keep the next
	// from asking.
	maxForOwner = 32  // for what the peers of one owner name
	maxStrange  = 256 // for domains that peers name
	maxFamiliar = 384 // with those that were seen to federate before
	maxAsking   = 512 // with those that we call
)

// errTooManyDomains: as many look-ups are under way as there may be.
var errTooManyDomains = errors.New("edge: too many domains are being looked up at once")

// federations remembers the federation records of domains for as long as
// their TTL allows. Concurrent askers share one look-up. Failures that are no
// statement of the zone (SERVFAIL, timeouts) are never remembered.
type federations struct {
	resolver dns.Resolver
	timers   stack.Timers // how long a second of a TTL lasts

	mu     sync.Mutex
	known  map[string]*federation // answers, also such as have run out
	askers map[string]int         // look-ups under way for each owner of peers
	asking map[string]*federation // they take nobody's place in known until they are answered
}

// federation is one domain's records, or the look-up that will bring them.
type federation struct {
	flight[[]dns.SRV]
	owner string // of the peer for whom it is asked; "": for us
	until time.Time
}

func newFederations(resolver dns.Resolver, timers stack.Timers) *federations {
	return &federations{
		resolver: resolver, timers: timers, known: make(map[string]*federation), asking: make(map[string]*federation),
		askers: make(map[string]int),
	}
}

// lookup returns the SRV records of a domain that an owner's peer names. It blocks for a DNS round trip at most lookupBudget
// long, and must not run on a link's reader.
func (f *federations) lookup(ctx context.Context, owner, domain string) ([]dns.SRV, error) {
	return f.find(ctx, owner, domain, false)
}

// lookupOurs is lookup for a domain that we call: no peer keeps us from asking.
func (f *federations) lookupOurs(ctx context.Context, domain string) ([]dns.SRV, error) {
	return f.find(ctx, "", domain, true)
}

func (f *federations) find(ctx context.Context, owner, domain string, ours bool) ([]dns.SRV, error) {
	for {
		entry, mine, err := f.enter(owner, domain, ours)
		if err != nil {
			return nil, err
		}
		if mine {
			f.ask(ctx, domain, entry)
			return entry.found, entry.err
		}
		if records, again, err := entry.await(ctx); !again {
			return records, err
		}
	}
}

// enter finds a domain's entry or makes one; mine says that the caller is the
// one who looks it up.
func (f *federations) enter(owner, domain string, ours bool) (entry *federation, mine bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.known[domain]
	if last != nil && time.Now().Before(last.until) {
		return last, false, nil
	}
	if entry := f.asking[domain]; entry != nil {
		return entry, false, nil
	}
	most := maxStrange
	switch {
	case ours:
		most = maxAsking
	case last != nil && last.err == nil:
		most = maxFamiliar
	}
	if len(f.asking) >= most || owner != "" && f.askers[owner] >= maxForOwner {
		return nil, false, errTooManyDomains
	}
	entry = &federation{flight: newFlight[[]dns.SRV](), owner: owner}
	f.askers[owner]++
	f.asking[domain] = entry
	return entry, true, nil
}

// ask looks a domain up and tells everybody who waits for it.
func (f *federations) ask(ctx context.Context, domain string, entry *federation) {
	asking, stop := context.WithTimeout(ctx, lookupBudget)
	defer stop()
	var records []dns.SRV
	err := errPanicked // unless it goes well: nobody may wait for ever
	defer func() { f.tell(ctx, domain, entry, records, err) }()
	records, err = f.resolver.SRV(asking, dns.FederationName(domain))
	if err == nil && len(records) == 0 {
		err = &dns.Error{Name: dns.FederationName(domain), Type: "SRV", Kind: dns.NoData}
	}
}

// tell ends a look-up. One that failed leaves what was known before, so that a
// domain stays familiar.
func (f *federations) tell(ctx context.Context, domain string, entry *federation, records []dns.SRV, err error) {
	life := f.life(records, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	entry.until = now.Add(life)
	delete(f.asking, domain)
	if f.askers[entry.owner]--; f.askers[entry.owner] == 0 {
		delete(f.askers, entry.owner)
	}
	entry.land(records, err, life == 0 && ctx.Err() != nil)
	if life > 0 {
		f.remember(domain, entry, now)
	}
}

// remember keeps an answer. In a full table it takes the place of the one that
// is worth least among a few, unless all of them are worth more than it.
func (f *federations) remember(domain string, entry *federation, now time.Time) {
	if f.known[domain] == nil && len(f.known) >= maxFederations {
		const few = 32 // whoever fills the table must not make each entry cost more
		var victim string
		least, looked := entry.worth(now)+1, 0
		for other, known := range f.known { // in no order that anybody could know
			if worth := known.worth(now); worth < least {
				victim, least = other, worth
			}
			if looked++; looked == few {
				break
			}
		}
		if least > entry.worth(now) {
			return
		}
		delete(f.known, victim)
	}
	f.known[domain] = entry
}

// worth orders answers by what it would cost to forget them: that a domain has no
// record anybody can make us hear any number of times.
func (e *federation) worth(now time.Time) int {
	worth := 0
	if now.Before(e.until) {
		worth = 1
	}
	if e.err == nil {
		worth += 2
	}
	return worth
}

// life is how long an answer is believed.
func (f *federations) life(records []dns.SRV, err error) time.Duration {
	seconds := longestTTL
	for _, record := range records {
		seconds = min(seconds, int(record.TTL/time.Second))
	}
	why, _ := errors.AsType[*dns.Error](err)
	switch {
	case err != nil && mutant.On("dns.servfail-negcache"):
		seconds = absentTTL
	case missing(err):
		seconds = min(absentTTL, int(why.Absence/time.Second))
	case err != nil, mutant.On("dns.no-cache"):
		seconds = 0
	case mutant.On("dns.cache-forever"):
		seconds = 1 << 20
	}
	return f.timers.Seconds(seconds)
}
