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
