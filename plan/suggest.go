package plan

import (
	"fmt"
	"strings"
)

// suggest says what to write instead of a word that is not known.
func suggest(word string, known []string) string {
	best, distance := "", 3 // further than two slips is another word
	for _, k := range known {
		if d := slips(strings.ToLower(word), k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("write %q", best)
	}
	return "write one of: " + strings.Join(known, ", ")
}

// slips counts the letters to insert, delete or replace between two words.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
