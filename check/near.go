package check

import (
	"slices"
	"strings"
)

// Near lists the rules whose ids look like id, for whoever mistyped one: DNS-4,
// DNS004 and a conformance case's DNS-004 are near DNS-04, and so is DSN-04. It
// is empty when nothing is, and when id is a rule's own.
func Near(id string) []string {
	if _, known := Find(id); known {
		return nil
	}
	area, digits := split(id)
	if area == "" || digits == "" {
		return nil
	}
	var near []string
	for _, r := range catalogue() {
		a, d := split(r.ID)
		if d == digits && (a == area || alike(a, area)) {
			near = append(near, r.ID)
		}
	}
	return near
}

// split takes an id apart: its letters, and its number without leading zeros.
func split(id string) (area, digits string) {
	id = strings.ToUpper(strings.TrimSpace(id))
	i := strings.IndexFunc(id, func(r rune) bool { return r < 'A' || r > 'Z' })
	if i < 1 {
		return "", ""
	}
	area, digits = id[:i], strings.Trim(id[i:], "-_ .")
	digits = strings.TrimLeft(strings.ReplaceAll(digits, "O", "0"), "0")
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", ""
	}
	return area, digits
}

// alike tells whether two areas have the same letters in another order, or one
// letter more or less.
func alike(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	x, y := []byte(a), []byte(b)
	if len(x) == len(y) {
		slices.Sort(x)
		slices.Sort(y)
		return string(x) == string(y)
	}
	for i := range y {
		if string(slices.Concat(y[:i], y[i+1:])) == a {
			return true
		}
	}
	return false
}
