package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// How figures are shown: three significant digits and a unit, so that a reader
// sees what differs; the JSON has the rest.

// seconds shows a duration in the unit that suits it.
func seconds(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0 s"
	case a < 1e-3:
		return digits(v*1e6) + " µs"
	case a < 1:
		return digits(v*1e3) + " ms"
	default:
		return digits(v) + " s"
	}
}

// millis shows a moment within a call.
func millis(v float64) string {
	return strconv.FormatFloat(v*1e3, 'f', 1, 64) + " ms"
}

// rate shows something a second.
func rate(v float64) string { return digits(v) + " /s" }

// percent shows a ratio. What is not quite all is not shown as all.
func percent(v float64) string {
	s := digits(v * 100)
	for places := 2; s == "100" && v < 1 && places < 9; places++ {
		if exact := strconv.FormatFloat(v*100, 'f', places, 64); !strings.HasPrefix(exact, "100") {
			s = exact
		}
	}
	return s + " %"
}

// decibel shows a level.
func decibel(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + " dB" }

// count shows a whole number with its thousands apart.
func count(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		s = "-" + s
	}
	return s
}

// number shows a figure without a unit of ours.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return count(v)
	}
	return digits(v)
}

// digits shows v with three significant digits, whole numbers whole.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	places := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	s := strconv.FormatFloat(v, 'f', min(places, 9), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// inUnit shows a value whose unit the result names.
func inUnit(v float64, unit string) string {
	switch unit {
	case "s":
		return seconds(v)
	case "ratio":
		return percent(v)
	case "":
		return number(v)
	default:
		return number(v) + " " + unit
	}
}

// plural is "1 rule", "2 rules".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", count(float64(n)), many)
}
