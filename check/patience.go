package check

import (
	"sync"
	"time"

	"fedge/dns"
)

// patience is how long a name server is waited for, within one list of
// questions. One that drops questions costs the whole Timeout for each, atOnce
// at a time, so many of them would take longer than anybody waits: it is asked no
// further for what it has dropped once and never answered. One that drops some
// and answers others (packets are lost, or it waits for a partner's server
// itself) is asked on while there is time.
type patience struct {
	wait    time.Duration // for the first answer
	until   time.Time     // for those that drop some
	mu      sync.Mutex
	begun   map[patient]time.Time // when the first question was put
	answers map[patient]bool
	drops   map[patient]bool
}

// patient is one type of record at one resolver: there are servers, and
// firewalls, that drop a single type.
type patient struct {
	kind     string
	resolver int
}

// patience is what is left of it. All lists of an observation share the time: two
// rounds of the first, or of those that follow when that one went well.
func (o *observer) patience() *patience {
	return &patience{
		wait:  o.cfg.Timeout * 49 / 50, // those that were put at once time out one after the other
		until: o.at.Add(o.cfg.Timeout * 3 / 2), begun: make(map[patient]time.Time), answers: make(map[patient]bool), drops: make(map[patient]bool),
	}
}

// over tells whether to leave a question out; if not, it is put now.
func (p *patience) over(q question) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, now := patient{q.kind, q.resolver}, time.Now()
	if _, known := p.begun[at]; !known {
		p.begun[at] = now
	}
	if !p.answers[at] {
		return p.drops[at] || now.Sub(p.begun[at]) >= p.wait
	}
	return p.drops[at] && now.After(p.until)
}

// heard notes what came of a question.
func (p *patience) heard(q question, l Lookup) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.Failure == string(dns.Timeout) {
		p.drops[patient{q.kind, q.resolver}] = true
	} else {
		p.answers[patient{q.kind, q.resolver}] = true
	}
}
