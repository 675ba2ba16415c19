package dns

import (
	"cmp"
	"slices"
	"strings"
)

// best sorts a copy: by priority, then by falling weight, then by name, so that
// the same answer always gives the same order.
func best(records []SRV) []SRV {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b SRV) int {
		return cmp.Or(
			cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(b.Weight, a.Weight),
			strings.Compare(a.Target, b.Target),
			cmp.Compare(a.Port, b.Port),
		)
	})
	return sorted
}

// Order puts records in the order in which RFC 2782 (page 4, "Weight") has a
// client try them: by priority, and among equals at random in proportion to
// weight. pick returns a number from 0 to n-1, as math/rand/v2.IntN does; a
// seeded one makes the order repeatable.
func Order(records []SRV, pick func(n int) int) []SRV {
	left := best(records)
	// Weight zero goes first into the running sum, so that it keeps a small
	// chance (RFC 2782).
	slices.SortStableFunc(left, func(a, b SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	ordered := make([]SRV, 0, len(left))
	for len(left) > 0 {
		group, total := 0, 0
		for group < len(left) && left[group].Priority == left[0].Priority {
			total += int(left[group].Weight)
			group++
		}
		mark, chosen, sum := pick(total+1), 0, 0
		for i := range group {
			if sum += int(left[i].Weight); sum >= mark {
				chosen = i
				break
			}
		}
		ordered = append(ordered, left[chosen])
		left = slices.Delete(left, chosen, chosen+1)
	}
	return ordered
}
