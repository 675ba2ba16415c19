package infinity

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"fedge/plan"
)

// Report says what became of the answers besides the plan.
type Report struct {
	Read          []string // resources and how many objects each; what was missing or ignored
	Contradiction []Note   // against the rules of the deployment guide: to mend on the platform
	ToFill        []Note   // what the answers do not say and a plan must
	Assumed       []Note   // what they do not say and was guessed
	Unmapped      []Note   // what they say and a plan has no words for
	Refused       []string // what plan.Parse does not accept yet, by line of the YAML
}

// Note is one remark on a field of an object.
type Note struct {
	Rule    string // id of the rule that it is about; may be empty
	Subject string // whose: node px01, location DMZ
	Field   string // of the API; may be empty
	Value   string // as the API has it; empty for what must not be shown, too
	Text    string // what is the matter, and what to do
}

// String is the note in one line.
func (n Note) String() string {
	var b strings.Builder
	if n.Rule != "" {
		b.WriteString(n.Rule + "  ")
	}
	b.WriteString(n.Subject)
	if n.Field != "" {
		b.WriteString(": " + n.Field)
		if n.Value != "" {
			b.WriteString(" = " + n.Value)
		}
	}
	return b.String() + ": " + n.Text
}

// Rules lists the rules that the platform is against, each once.
func (r Report) Rules() []string {
	var ids []string
	for _, n := range r.Contradiction {
		if n.Rule != "" && !slices.Contains(ids, n.Rule) {
			ids = append(ids, n.Rule)
		}
	}
	return ids
}

// Text writes the report for people.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "%s\n", title)
		for _, line := range lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	section("read", r.Read)
	section("contradicts the rules of the deployment guide: mend it on the platform", lines(r.Contradiction))
	section("to fill in: the plan marks each FILL IN", lines(r.ToFill))
	section("assumed: the plan marks each ASSUMED", lines(r.Assumed))
	section("not mapped: a plan does not say this", lines(r.Unmapped))
	section("the plan is not accepted until this is mended", r.Refused)
	if len(r.Refused) == 0 {
		b.WriteString("the plan is complete; simulator check compares it with what the world sees\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxLines bounds a section: a platform has thousands of rooms.
const maxLines = 60

func lines(notes []Note) []string {
	var out []string
	for i, n := range notes {
		if i == maxLines {
			return append(out, fmt.Sprintf("and %d more", len(notes)-i))
		}
		out = append(out, n.String())
	}
	return out
}

// contradicts notes what is against a rule; path is where the plan shows it.
func (m *mapping) contradicts(rule, path, subject, field, value, text string) {
	m.report.Contradiction = append(m.report.Contradiction, Note{rule, subject, field, value, text})
	m.above(path, fmt.Sprintf("WRONG (%s): %s", rule, text))
}

// fill notes what a person must write at a path.
func (m *mapping) fill(path, subject, field, text string) {
	m.report.ToFill = append(m.report.ToFill, Note{"", subject, field, "", text})
	m.above(path, "FILL IN: "+text)
}

func (m *mapping) assume(path, subject, field, text string) {
	m.report.Assumed = append(m.report.Assumed, Note{"", subject, field, "", text})
	m.above(path, "ASSUMED: "+text)
}

// unmapped notes a field whose value holds no secret.
func (m *mapping) unmapped(o object, subject, field, why string) {
	m.report.Unmapped = append(m.report.Unmapped, Note{"", subject, field, shown(o, field), why})
}

// shown is a field's value for a report.
func shown(o object, field string) string {
	switch v := o.fields[field].(type) {
	case string:
		return quoted(v)
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case map[string]any:
		return o.ref(field)
	case nil:
		return ""
	default:
		return quoted(fmt.Sprint(v))
	}
}

// above remarks on a path of the plan in a line of its own; "-" is none.
func (m *mapping) above(path, text string) {
	if path != "-" {
		m.comments = append(m.comments, plan.Comment{Path: path, Above: text})
	}
}

// beside says at the end of a value's line where it comes from.
func (m *mapping) beside(path, text string) {
	m.comments = append(m.comments, plan.Comment{Path: path, Beside: text})
}
