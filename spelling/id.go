package spelling

import (
	"slices"
	"strings"
)

// Same lists the known ids that an id stands for, however its number is
// written: DNS-4, dns004 and DNS-O4 are DNS-04 and DNS-004, and so is each of
// these the other.
func Same(id string, known []string) []string {
	return ids(id, known, func(a, b string) bool { return a == b })
}

// Alike lists the known ids that may have been meant by one that Same finds
// nothing for: with the letters in another order, or one more or less (DSN-04).
func Alike(id string, known []string) []string {
	if len(Same(id, known)) > 0 {
		return nil
	}
	return ids(id, known, alike)
}

// Meant asks whether other ids were, to be added to the words that one is not
// known; "" if none is near.
func Meant(id string, known []string) string {
	near := append(Same(id, known), Alike(id, known)...)
	if len(near) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(near, " or ") + "?"
}

func ids(id string, known []string, same func(a, b string) bool) (list []string) {
	area, digits := split(id)
	if area == "" || digits == "" {
		return nil
	}
	for _, k := range known {
		if a, d := split(k); d == digits && same(a, area) {
			list = append(list, k)
		}
	}
	return list
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
