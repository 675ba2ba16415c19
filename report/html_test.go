package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"fedge/result"
)

// everyKind is a rich result of each kind.
func everyKind() map[string]*Report {
	return map[string]*Report{
		"check": Check(fixtureCheck()), "conform": Conform(fixtureConform()), "load": Load(fixtureLoad()), "invalid load": Load(fixtureInvalid()),
		"demo": Demo(fixtureDemo()), "call": Call(fixtureOneCall()),
	}
}

// shownFigure is one element of a page that says where its figure comes from.
type shownFigure struct{ path, value, text string }

func parsePage(t *testing.T, r *Report) (*html.Node, []shownFigure) {
	t.Helper()
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	var all []shownFigure
	for n := range root.Descendants() {
		if path, ok := attribute(n, "data-path"); ok {
			value, _ := attribute(n, "data-value")
			all = append(all, shownFigure{path, value, textOf(n)})
		}
	}
	return root, all
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// decoded is the JSON that goes with a page.
func decoded(t *testing.T, r *Report) any {
	t.Helper()
	var text bytes.Buffer
	if err := r.JSON(&text); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&text)
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// lookUp walks the JSON. It is written apart from the page's own walk: this is
// the second opinion.
func lookUp(t *testing.T, v any, path string) any {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "."), "~0", "~")
		switch here := v.(type) {
		case map[string]any:
			next, ok := here[key]
			if !ok {
				t.Errorf("%s: the JSON has no %q", path, key)
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(here) {
				t.Fatalf("%s: no element %q", path, key)
			}
			v = here[i]
		default:
			t.Fatalf("%s: nothing below %q", path, key)
		}
	}
	return v
}

func floatAt(t *testing.T, v any, path string) float64 {
	t.Helper()
	n, ok := lookUp(t, v, path).(json.Number)
	if !ok {
		t.Fatalf("%s is no number", path)
	}
	f, err := n.Float64()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// recompute works a figure out from the JSON: a leaf, a quotient "a / b", or a
// count "list[field=value,…]".
func recompute(t *testing.T, v any, path string) string {
	t.Helper()
	if over, under, ok := strings.Cut(path, " / "); ok {
		return strconv.FormatFloat(floatAt(t, v, over)/floatAt(t, v, under), 'g', -1, 64)
	}
	if list, conditions, ok := strings.Cut(strings.TrimSuffix(path, "]"), "["); ok {
		n := 0
		elements, _ := lookUp(t, v, list).([]any)
		for _, e := range elements {
			if holds(e.(map[string]any), conditions) {
				n++
			}
		}
		return strconv.Itoa(n)
	}
	switch leaf := lookUp(t, v, path).(type) {
	case nil:
		return "null"
	default:
		return fmt.Sprint(leaf)
	}
}

func holds(e map[string]any, conditions string) bool {
	for _, c := range strings.FieldsFunc(conditions, func(r rune) bool { return r == ',' }) {
		name, value, _ := strings.Cut(c, "=")
		has := ""
		if v, ok := e[strings.TrimRight(name, "!^")]; ok {
			has = fmt.Sprint(v)
		}
		ok := has == value
		if strings.Contains(name, "^") {
			ok = strings.HasPrefix(has, value)
		}
		if strings.Contains(name, "!") {
			ok = !ok
		}
		if !ok {
			return false
		}
	}
	return true
}

// unitsOf are what the page's units are worth in the JSON's.
var unitsOf = map[string]float64{"s": 1, "ms": 1e-3, "µs": 1e-6, "%": 0.01}

// sameFigure tells whether the words on the page say the value, within the
// rounding that the digits show.
func sameFigure(text string, value string) error {
	if text == "–" || text == "none" && value == "0" {
		return nil
	}
	want, err := strconv.ParseFloat(value, 64)
	if err != nil {
		if text != value {
			return fmt.Errorf("says %q for %q", text, value)
		}
		return nil
	}
	digits, unit, _ := strings.Cut(text, " ")
	digits = strings.ReplaceAll(digits, ",", "")
	got, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return fmt.Errorf("%q is no figure", text)
	}
	scale, known := unitsOf[unit]
	if !known {
		scale = 1
	}
	_, places, _ := strings.Cut(digits, ".")
	if off := math.Abs(got*scale - want); off > scale*0.5000001*math.Pow10(-len(places)) {
		return fmt.Errorf("says %q for %s", text, value)
	}
	return nil
}

// TestEveryFigureOnThePageIsInTheJSON recomputes each figure from the JSON.
func TestEveryFigureOnThePageIsInTheJSON(t *testing.T) {
	for name, r := range everyKind() {
		t.Run(name, func(t *testing.T) {
			v := decoded(t, r)
			_, figures := parsePage(t, r)
			if len(figures) < 10 {
				t.Errorf("only %d figures", len(figures))
			}
			for _, f := range figures {
				if want := recompute(t, v, f.path); f.value != want {
					t.Errorf("%s: the page carries %s, the JSON gives %s", f.path, f.value, want)
				}
				if err := sameFigure(f.text, f.value); err != nil {
					t.Errorf("%s: %v", f.path, err)
				}
			}
		})
	}
}

// TestEveryFigureInTheJSONIsOnThePage is the reverse: no number is held back,
// but for what was observed, which is there as it is, and what was measured by a
// run that is invalid.
func TestEveryFigureInTheJSONIsOnThePage(t *testing.T) {
	for name, r := range everyKind() {
		t.Run(name, func(t *testing.T) {
			_, figures := parsePage(t, r)
			shown := make(map[string]bool)
			for _, f := range figures {
				shown[f.path] = true
			}
			for _, path := range leaves("", decoded(t, r)) {
				if withheld := name == "invalid load" && isFigure(path); shown[path] == withheld {
					t.Errorf("%s is on the page: %t", path, shown[path])
				}
			}
		})
	}
}

// isFigure tells what an invalid run measured from what is known of it.
func isFigure(path string) bool {
	return slices.ContainsFunc([]string{"offered_rate", "session_", "failures.", "bounds.", "cpu.", "series.", "media.", "objectives.0.value"}, func(of string) bool {
		return strings.HasPrefix(path, of)
	})
}

// leaves are the paths of numbers and of verdicts, but for facts.
func leaves(at string, v any) (paths []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if key != "facts" {
				paths = append(paths, leaves(strings.TrimPrefix(at+"."+key, "."), v[key])...)
			}
		}
	case []any:
		for i, e := range v {
			paths = append(paths, leaves(fmt.Sprintf("%s.%d", at, i), e)...)
		}
	case json.Number:
		return []string{at}
	case string:
		if strings.HasSuffix(at, ".outcome") || strings.HasSuffix(at, ".verdict") {
			return []string{at}
		}
	}
	return paths
}

// A figure that lies must be found, or the tests above prove nothing.
func TestTheSecondOpinionIsOne(t *testing.T) {
	for _, lie := range [][2]string{{"8.4 ms", "0.0083"}, {"8.3 s", "0.0083"}, {"100 %", "0.9"}, {"4,022", "4021"}, {"pass", "fail"}, {"none", "200"}, {"x", "1"}} {
		if sameFigure(lie[0], lie[1]) == nil {
			t.Errorf("%q passes for %s", lie[0], lie[1])
		}
	}
	for _, truth := range [][2]string{{"8.3 ms", "0.0083"}, {"99.98 %", "0.99975"}, {"4,021", "4021"}, {"–", "null"}, {"368 µs", "0.00036807"}} {
		if err := sameFigure(truth[0], truth[1]); err != nil {
			t.Error(err)
		}
	}
	v := map[string]any{"findings": []any{map[string]any{"outcome": "pass", "why": "x1"}, map[string]any{"outcome": "fail"}}}
	for path, want := range map[string]string{"findings[]": "2", "findings[outcome=fail]": "1", "findings[outcome!=fail]": "1", "findings[why^=x]": "1", "findings[why!^=x]": "1", "findings[outcome=pass,why=x]": "0"} {
		if got := recompute(t, v, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The page runs nothing and asks nobody for anything, whatever peers sent.
func TestPageIsSelfContainedAndInert(t *testing.T) {
	for name, r := range everyKind() {
		t.Run(name, func(t *testing.T) {
			root, _ := parsePage(t, r)
			policy := false
			for n := range root.Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				switch n.Data {
				case "script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use", "foreignobject":
					t.Errorf("there is a <%s>", n.Data)
				case "style":
					if css := textOf(n); strings.Contains(css, "url(") || strings.Contains(css, "@import") {
						t.Error("the style asks for something")
					}
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "srcset" || a.Key == "style" {
						t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
					}
					if a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
						t.Errorf("a link to %q", a.Val)
					}
					policy = policy || a.Key == "content" && strings.HasPrefix(a.Val, "default-src 'none'")
				}
			}
			if !policy {
				t.Error("the page must forbid scripts and requests itself")
			}
		})
	}
}

// Links within the page lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	root, _ := parsePage(t, Demo(fixtureDemo()))
	ids, links := make(map[string]bool), 0
	for n := range root.Descendants() {
		if id, ok := attribute(n, "id"); ok {
			ids["#"+id] = true
		}
	}
	for n := range root.Descendants() {
		if href, ok := attribute(n, "href"); ok {
			links++
			if !ids[href] {
				t.Errorf("nothing is at %s", href)
			}
		}
	}
	if links != 4 {
		t.Errorf("%d links: one to each part, at a glance", links)
	}
}

// What a message said can be opened where its arrow is.
func TestLadderOpensOnTheMessage(t *testing.T) {
	root, _ := parsePage(t, Call(fixtureOneCall()))
	var labels, texts []string
	for n := range root.Descendants() {
		class, _ := attribute(n, "class")
		switch {
		case class == "label":
			labels = append(labels, textOf(n.LastChild.Parent))
		case n.Data == "pre":
			texts = append(texts, textOf(n))
		}
	}
	if len(labels) != 6 || len(texts) != 6 || !strings.Contains(labels[2], "200 INVITE") || !strings.HasPrefix(texts[2], "SIP/2.0 200 OK\n") {
		t.Errorf("labels %q, texts %q", labels, texts)
	}
}

// Of many cases those that failed come first, then what else wants reading.
func TestCasesThatFailedComeFirst(t *testing.T) {
	root, _ := parsePage(t, Conform(fixtureConform()))
	var order []string
	for n := range root.Descendants() {
		if class, _ := attribute(n, "class"); strings.HasPrefix(class, "case ") {
			order = append(order, textOf(n.FirstChild.NextSibling)[:7])
		}
	}
	if want := []string{"DLG-001", "TLS-010", "TXN-009", "CON-001", "SDP-001", "SRT-001"}; !slices.Equal(order, want) {
		t.Errorf("%q, want %q", order, want)
	}
}

// Nothing at all, or the least of each, makes a page too.
func TestEmptyResults(t *testing.T) {
	for name, r := range map[string]*Report{
		"check": Check(result.Check{}), "conform": Conform(result.Conform{}), "load": Load(result.Load{}), "demo": Demo(result.Demo{}), "call": Call(result.OneCall{}),
		"demo with empty parts": Demo(result.Demo{Check: &result.Check{}, Conform: &result.Conform{}, Load: &result.Load{}, Calls: []result.Call{{}}}),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			for _, write := range []func() error{
				func() error { return r.HTML(&out) }, func() error { return r.JUnit(&out) },
				func() error { return r.JSON(&out) }, func() error { return r.Text(&out, Style{}) },
			} {
				if err := write(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A result that JSON cannot hold is an error, in every format, not half a file.
func TestResultThatIsNoJSON(t *testing.T) {
	r := Load(result.Load{OfferedRate: math.NaN()})
	var out bytes.Buffer
	for _, write := range []func() error{
		func() error { return r.HTML(&out) }, func() error { return r.JUnit(&out) },
		func() error { return r.JSON(&out) }, func() error { return r.Text(&out, Style{}) },
	} {
		if write() == nil || out.Len() > 0 {
			t.Errorf("wrote %d bytes", out.Len())
		}
	}
}

// A short run has no 99th percentile; what it has is shown in its place.
func TestShortRunShowsThePercentileItHas(t *testing.T) {
	l := fixtureLoad()
	l.SessionRequestDelaySeconds.P99 = nil
	for i := range l.Series {
		l.Series[i].P99 = nil
	}
	var page bytes.Buffer
	if err := Load(l).HTML(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "<p>95 of 100 answered within") || strings.Contains(page.String(), `<path class="curve p99"`) || strings.Contains(page.String(), "99th percentile") {
		t.Error("the page must show the 95th percentile and no empty curve, nor speak of one")
	}
}
