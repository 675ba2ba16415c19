package security

import (
	"context"
	"fmt"
	"math"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// guessing is the case about what a stranger could guess.
func guessing() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-009",
		Title:       "Names that nobody guesses",
		Requirement: "The tags, branches and Call-IDs of a node are all different and random, with 32 bits and more: neither a counter nor a clock. They should have 64: what a stranger may try within a call's life is more than it was.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §19.3", "RFC 3261 §8.1.1.7", "RFC 3261 §8.1.1.4"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sec.weak-rand", conformance.Content),
		Run:         random,
	}}
}

// How many names are looked at, and how many bits must be seen to vary in them.
// Calls take longer than OPTIONS, and on a slow node there are fewer of them.
const (
	manyTags  = 1000
	manyCalls = 256
	leastIn   = 12
	inTime    = 2 * time.Second
	bits      = 32 // RFC 3261 §19.3
	longBits  = 64 // of at least manyCalls names: a dozen cannot show them
)

func random(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	seen := map[string][]string{}
	const batch = 50 // at once
	for range manyTags / batch {
		for range batch {
			if err := p.Send(s.Options(s.Target.Partner), "OPTIONS"); err != nil {
				return err
			}
		}
		for range batch {
			answer, err := p.Await(ctx, "an answer to OPTIONS", raw.Final())
			if err != nil {
				return err
			}
			seen["tags of OPTIONS"] = append(seen["tags of OPTIONS"], answer.Tag("To"))
		}
	}
	if seen["tags of refusals"], err = refusals(ctx, s); err != nil {
		return err
	}
	began := time.Now()
	for n := 0; n < manyCalls && (n < leastIn || time.Since(began) < inTime); n++ {
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return conformance.Preamble(err)
		}
		seen["tags of calls"] = append(seen["tags of calls"], call.Answer.Tag("To"))
		call.Hangup(ctx)
	}
	if i := s.Target.Instruments; i.Place != nil && i.Zones.Publish != nil && i.Issue != nil {
		if err := outgoing(ctx, s, seen); err != nil {
			return err
		}
	}
	for what, names := range seen {
		if len(names) == 0 {
			continue
		}
		n := math.Round(entropy(names))
		s.Note("%d %s: %.0f bits vary", len(names), what, n)
		short := func(least int) error {
			return content(fmt.Sprintf("%d different %s, of which %d bits vary", len(names), what, least), fmt.Sprintf("%.0f bits: %q", n, names[:3]))
		}
		switch {
		case n < bits:
			return short(bits)
		case n < longBits && len(names) >= manyCalls:
			if err := s.Lesser(conformance.Should, short(longBits)); err != nil {
				return err
			}
		}
	}
	return nil
}

// refusals collects the tags of answers to OPTIONS that are malformed (RFC 4475
// §3.1.2.17): whoever refuses may not be who answers. None where a node says nothing, or
// closes.
func refusals(ctx context.Context, s *conformance.Stand) (tags []string, err error) {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return nil, conformance.Preamble(err)
	}
	defer p.Abort()
	for range manyCalls {
		m, err := raw.Parse(s.Options(s.Target.Partner))
		if err == nil {
			m, err = conformance.With(m, "CSeq", "1 INVITE")
		}
		if err != nil {
			return nil, err
		}
		if p.Send(m.Bytes, "OPTIONS with the CSeq of an INVITE") != nil {
			return nil, nil
		}
		answer, err := p.Await(ctx, "an answer", raw.Final())
		if err != nil {
			return nil, nil
		}
		if answer.Tag("To") == "" {
			return nil, nil // which SYN and TOR judge
		}
		tags = append(tags, answer.Tag("To"))
	}
	return tags, nil
}

// outgoing collects the names of calls that the node makes, to several partners
// at once: it may take its time with each (20 messages a second).
func outgoing(ctx context.Context, s *conformance.Stand, seen map[string][]string) error {
	const partners = 16
	var desks []*conformance.Desk
	var domains []string
	for range partners {
		to, err := s.Partner(ctx)
		if err != nil {
			return err
		}
		desks, domains = append(desks, s.Desk(ctx, to.Edge, nil)), append(domains, to.Domain)
	}
	for range manyCalls / partners {
		var all []*conformance.Placing
		for _, domain := range domains {
			placing, err := s.Place(ctx, conformance.Place{To: "sip:busy@" + domain})
			if err != nil {
				return err
			}
			all = append(all, placing)
		}
		for _, placing := range all {
			if _, err := placing.Result(ctx); err != nil {
				return err
			}
		}
	}
	for _, desk := range desks {
		for _, invite := range desk.Invites() {
			branch, _ := invite.Param("Via", "branch")
			for what, name := range map[string]string{"branches": branch, "From tags": invite.Tag("From"), "Call-IDs": invite.CallID()} {
				seen[what] = append(seen[what], name)
			}
		}
	}
	if n := len(seen["Call-IDs"]); n < manyCalls {
		return conformance.Preamble(fmt.Errorf("security: of %d calls out %d came", manyCalls, n))
	}
	return nil
}

// entropy is how many bits can be seen to vary in names: by the characters that
// were found at each of their places. It is 0 when one of them came twice.
func entropy(names []string) (bits float64) {
	places, all := map[int]map[byte]bool{}, map[string]bool{}
	for _, name := range names {
		if all[name] || name == "" {
			return 0
		}
		all[name] = true
		for i := range len(name) {
			if places[i] == nil {
				places[i] = map[byte]bool{}
			}
			places[i][name[i]] = true
		}
	}
	for _, found := range places {
		bits += math.Log2(float64(len(found)))
	}
	return bits
}
