package discovery

import (
	"context"
	"fmt"

	"fedge/conformance"
)

func choiceCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-003",
		Title:       "Lower priority first",
		Requirement: "While the server of the lowest priority lives no other is called.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 2782"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.ignore-priority", Class: conformance.Content}},
		Run: shares(20, [2]uint16{20, 0}, [2]uint16{10, 0}, func(first, second, _ int) string {
			if first > 0 {
				return fmt.Sprintf("all at the second: %d and %d", first, second)
			}
			return ""
		}),
	}, {
		ID:          "DNS-004",
		Title:       "Shares by weight",
		Requirement: "Of servers of one priority each is called in proportion to its weight: of 200 calls 60 to 90 % at weight 75 of 100.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 2782"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.ignore-weight", Class: conformance.Content}},
		Lasts:       50,
		Run: shares(200, [2]uint16{1, 25}, [2]uint16{1, 75}, func(light, heavy, all int) string {
			if heavy < all*60/100 || heavy > all*90/100 {
				return fmt.Sprintf("60 to 90 %% at weight 75: %d and %d", light, heavy)
			}
			return ""
		}),
	}, {
		ID:          "DNS-005",
		Title:       "Weight 0 is chosen, and rarely",
		Requirement: "A server of weight 0 beside one of weight 9 has a small share of the calls, a tenth by the rule, and not none.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 2782"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.weight0-never", Class: conformance.Content}},
		Lasts:       40,
		Run: shares(150, [2]uint16{1, 0}, [2]uint16{1, 9}, func(none, nine, all int) string {
			if none == 0 || none > all/4 {
				return fmt.Sprintf("some, at most a quarter, at weight 0: %d and %d", none, nine)
			}
			return ""
		}),
	}}
}

// shares has two servers with priority and weight, and judges how the node's
// calls are divided between them.
func shares(calls int, one, two [2]uint16, judge func(one, two, all int) string) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		d := newSite(s)
		e1, desk1, err := d.desk(ctx, "edge1")
		if err != nil {
			return err
		}
		e2, desk2, err := d.desk(ctx, "edge2")
		if err != nil {
			return err
		}
		if err := s.Publish(d.domain, to(one[0], one[1], "edge1", e1), to(two[0], two[1], "edge2", e2), at("edge1", e1), at("edge2", e2)); err != nil {
			return err
		}
		if err := d.many(ctx, calls); err != nil {
			return err
		}
		first, second := desk1.Count(), desk2.Count()
		s.Note("of %d calls %d and %d", calls, first, second)
		if wrong := judge(first, second, calls); wrong != "" {
			return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("the shares of %v and %v", one, two), Actual: "not " + wrong}
		}
		return nil
	}
}
