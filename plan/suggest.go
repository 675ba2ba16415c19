package plan

import (
	"fmt"
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
