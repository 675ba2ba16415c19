package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// figures are what the page's templates show numbers and verdicts with. A
// figure is named by its path, never given as a value, so that what a reader
// sees cannot differ from the JSON.
type figures struct{ tree tree }

func (f *figures) funcs() template.FuncMap {
	return template.FuncMap{
		"in":       join,
		"fig":      f.figure,
		"figtext":  f.text,
		"unit":     f.unit,
		"quotient": f.quotient,
		"tally":    f.tally,
		"blank":    f.blank,
		"word":     f.word,
		"css": func() (template.CSS, error) {
			b, err := pageFiles.ReadFile("page/style.css")
			return template.CSS(b), err
		},
		"class":    toneClass,
		"pieces":   pieces,
		"where":    func(fields ...string) []string { return fields },
		"dict":     dict,
		"seconds":  seconds,
		"millis":   millis,
		"messages": func(n int) string { return plural(n, "message", "messages") },
		"addf":     func(a, b float64) float64 { return a + b },
	}
}

// formats are how a figure can be shown.
var formats = map[string]func(float64) string{
	"seconds": seconds, "millis": millis, "rate": rate, "percent": percent, "dB": decibel, "count": count, "number": number,
	// A port, a frame's or a status number: no separators.
	"plain": func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) },
	// A final status; zero is none.
	"status": func(v float64) string {
		if v == 0 {
			return "none"
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	},
}

// shown is a figure's markup: what it says, and where that comes from.
func (f *figures) shown(path, value, text, class string) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="%s" data-path="%s" data-value="%s">%s</span>`,
		class, template.HTMLEscapeString(path), template.HTMLEscapeString(value), template.HTMLEscapeString(text)))
}

// figure shows the number at path. One that is missing is a dash.
func (f *figures) figure(path, format string) (template.HTML, error) {
	show, known := formats[format]
	if !known {
		return "", fmt.Errorf("report: no format %q", format)
	}
	return f.show(path, show)
}

// text shows the number at path as text of an SVG, right-aligned at x.
func (f *figures) text(path, format string, x, y int) (template.HTML, error) {
	markup, err := f.figure(path, format)
	if err != nil {
		return "", err
	}
	inner := strings.NewReplacer("<span ", fmt.Sprintf(`<text x="%d" y="%d" `, x, y), "</span>", "</text>").Replace(string(markup))
	return template.HTML(inner), nil
}

// unit shows the number at path in a unit that the result names.
func (f *figures) unit(path, unit string) (template.HTML, error) {
	return f.show(path, func(v float64) string { return inUnit(v, unit) })
}

func (f *figures) show(path string, show func(float64) string) (template.HTML, error) {
	n, ok, err := f.tree.number(path)
	if err != nil {
		return "", err
	}
	if !ok {
		return f.shown(path, "null", "–", "fig none"), nil
	}
	v, err := n.Float64()
	if err != nil {
		return "", fmt.Errorf("report: %q: %w", path, err)
	}
	return f.shown(path, n.String(), show(v), "fig"), nil
}

// quotient shows one figure divided by another.
func (f *figures) quotient(over, under, format string) (template.HTML, error) {
	path := over + " / " + under
	a, b, err := f.pair(over, under)
	if err != nil {
		return "", err
	}
	if b == 0 {
		return f.shown(path, "null", "–", "fig none"), nil
	}
	return f.shown(path, strconv.FormatFloat(a/b, 'g', -1, 64), formats[format](a/b), "fig"), nil
}

func (f *figures) pair(over, under string) (a, b float64, err error) {
	for path, to := range map[string]*float64{over: &a, under: &b} {
		n, _, err := f.tree.number(path)
		if err != nil {
			return 0, 0, err
		}
		if n != "" {
			if *to, err = n.Float64(); err != nil {
				return 0, 0, err
			}
		}
	}
	return a, b, nil
}

// blank stands for a number that means nothing, such as the value of what was
// not measured.
func (f *figures) blank(path string) (template.HTML, error) {
	n, _, err := f.tree.number(path)
	return f.shown(path, n.String(), "–", "fig none"), err
}

// tally counts the elements of a list whose fields have the given values:
// "findings[outcome=fail,severity=required]", or all: "findings[]". Besides =
// there are != and, for beginnings, ^= and !^=.
func (f *figures) tally(list string, fields []string) (template.HTML, error) {
	v, err := f.tree.at(list)
	if err != nil {
		return "", err
	}
	elements, _ := v.([]any) // null is an empty list
	n := 0
	for _, e := range elements {
		if matches(e, fields) {
			n++
		}
	}
	return f.shown(list+"["+strings.Join(fields, ",")+"]", strconv.Itoa(n), count(float64(n)), "fig"), nil
}

func matches(element any, fields []string) bool {
	object, _ := element.(map[string]any)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		name, beginning := strings.CutSuffix(name, "^")
		name, not := strings.CutSuffix(name, "!")
		has, _ := object[name].(string)
		if same := has == value || beginning && strings.HasPrefix(has, value); same == not {
			return false
		}
	}
	return true
}

// word shows a verdict or an outcome as a chip.
func (f *figures) word(path string) (template.HTML, error) {
	v, err := f.tree.at(path)
	if err != nil {
		return "", err
	}
	s, _ := v.(string)
	if s == "" {
		return "", nil
	}
	return f.shown(path, s, s, "chip "+toneClass(s)), nil
}

// toneClass is a verdict's or an outcome's CSS class.
func toneClass(word any) string {
	switch toneOf(fmt.Sprint(word)) {
	case good:
		return "good"
	case bad:
		return "bad"
	case doubt:
		return "doubt"
	}
	return "faint"
}

// dict gives a template several values under names.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("report: a name without a value")
	}
	d := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		d[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return d, nil
}
