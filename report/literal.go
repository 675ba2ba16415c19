package report

import "regexp"

// piece is a part of a fix: words for a reader, or what has to be typed as it
// stands.
type piece struct {
	Text    string
	Literal bool
}

// literals finds what a reader will copy out of a fix: a DNS record, names, an
// address.
var literals = regexp.MustCompile(
	`[\w.-]+\.[\w-]+ (?:SRV \d+ \d+ \d+ \S+\w|A \d[\d.]*\d|AAAA [0-9a-f:]+)` +
		`|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:, (?:[\w-]+\.)+[a-z]{2,}\b)*` +
		`|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b`)

// pieces takes a fix apart.
func pieces(fix string) (all []piece) {
	at := 0
	for _, found := range literals.FindAllStringIndex(fix, -1) {
		if found[0] > at {
			all = append(all, piece{Text: fix[at:found[0]]})
		}
		all = append(all, piece{Text: fix[found[0]:found[1]], Literal: true})
		at = found[1]
	}
	if at < len(fix) {
		all = append(all, piece{Text: fix[at:]})
	}
	return all
}
