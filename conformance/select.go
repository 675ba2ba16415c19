package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"fedge/spelling"
)

// Select lists the cases that match one of the patterns. A pattern that none
// matches is an error; all of them are named.
func Select(cases []Case, patterns []string) ([]Case, error) {
	if len(patterns) == 0 {
		return cases, nil
	}
	var chosen []Case
	var wrong []string
	for _, pattern := range patterns {
		known := false
		for _, one := range cases {
			matches, err := path.Match(pattern, one.ID)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("pattern %q: %v", pattern, err))
				known = true
				break
			}
			if known = known || matches; matches && !slices.ContainsFunc(chosen, func(x Case) bool { return x.ID == one.ID }) {
				chosen = append(chosen, one)
			}
		}
		if !known {
			wrong = append(wrong, fmt.Sprintf("no case matches %q%s", pattern, spelling.Meant(pattern, ids(cases))))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s; conform --list shows all cases", strings.Join(wrong, "; "))
	}
	return chosen, nil
}

func ids(cases []Case) (list []string) {
	for _, c := range cases {
		list = append(list, c.ID)
	}
	return list
}
