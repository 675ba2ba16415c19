package plan

import (
	"fmt"
	"slices"
	"strings"

	"fedge/spelling"
)

// suggest says what to write instead of a word that is not known.
func suggest(word string, known []string) string {
	if nearest := spelling.Nearest(word, known); nearest != "" {
		return fmt.Sprintf("write %q", nearest)
	}
	return "write one of: " + strings.Join(known, ", ")
}

// distinct is names to choose from: a plan that has one twice, or leaves one out,
// is told so, and that is no further choice.
func distinct(names []string) []string {
	var list []string
	for _, name := range names {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
