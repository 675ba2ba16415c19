package edge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/stack"
)

// What a partner that merely discovered us lets through: Skype for Business
// takes 20 messages a second of such a one, and one a second when most of them
// fail.
const (
	usualPace   = 20
	callCost    = 4    // our messages in a short call: INVITE, ACK, 200 or UPDATE, BYE
	longestWait = 30   // seconds for a turn, before a call is refused
	maxPaced    = 1024 // domains remembered
)

var errTooMuch = errors.New("edge: more calls to this domain are waiting for their turn than it takes in half a minute")

// pace spaces calls outward so that none of a partner's seconds has more of our
// messages than it accepts. Whom our operator has listed is thought to list us
// too, and is not paced.
type pace struct {
	plan   *plan.Plan
	timers stack.Timers

	mu    sync.Mutex
	turns map[string][]time.Time // by domain: when the latest calls begin, as many as one second takes
}

func newPace(p *plan.Plan, timers stack.Timers) *pace {
	return &pace{plan: p, timers: timers, turns: make(map[string][]time.Time)}
}

// wait blocks until a call to the domain may begin, or ctx is done.
func (p *pace) wait(ctx context.Context, domain string) error {
	if partner, ok := p.plan.Partner(domain); ok && partner.Trust == plan.Allowed || mutant.On("trust.burst") {
		return nil
	}
	wait, err := p.turn(domain, time.Now())
	if err != nil || wait <= 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("edge: waiting for a turn to call %s: %w", domain, context.Cause(ctx))
	}
}

// turn books the next place in a domain's row and says how far off it is.
func (p *pace) turn(domain string, now time.Time) (time.Duration, error) {
	most := p.plan.Limits.Outbound
	if most == 0 {
		most = usualPace
	}
	most = max(1, most/callCost)
	second := p.timers.Seconds(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	begun := p.turns[domain]
	at := now
	if len(begun) == most {
		if free := begun[0].Add(second); free.After(at) {
			at = free
		}
		begun = begun[1:]
	}
	if at.Sub(now) > p.timers.Seconds(longestWait) {
		return 0, errTooMuch
	}
	if len(p.turns) >= maxPaced && p.turns[domain] == nil {
		evict(p.turns, func(begun []time.Time) bool { return now.Sub(begun[len(begun)-1]) >= second })
	}
	p.turns[domain] = append(begun[:len(begun):len(begun)], at)
	return at.Sub(now), nil
}
