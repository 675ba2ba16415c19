package infinity

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fedge/plan"
)

// maxPattern bounds a rule's regular expression.
const maxPattern = 1024

// routing looks at the call routing rules: a plan has none, but they decide
// where calls out go and which aliases seem to be there.
func (m *mapping) routing() {
	for _, o := range m.platform.rules {
		if on, known := o.flag("enable"); known && !on {
			continue
		}
		subject := "rule " + quoted(o.text("name"))
		against := func(rule, field, text string) {
			m.contradicts(rule, "-", subject, field, shown(o, field), text)
		}
		if uri := o.ref("mssip_proxy"); uri != "" && strings.Contains(strings.ToLower(o.text("outgoing_protocol")), "mssip") {
			m.contradicts("LOC-02", "-", subject, "mssip_proxy", quoted(m.server(uri)), "its calls go to this one server instead of the partner that DNS names; choose Use DNS")
		}
		if to := m.platform.locations[o.ref("outgoing_location")]; to != nil && (len(m.in(to)) == 0 || to.inside) {
			m.contradicts("LOC-03", "-", subject, "outgoing_location", quoted(to.name), "the location has no node that partners meet: its calls come from nodes that partners do not trust")
		}
		m.pattern(o, against)
	}
}

// pattern looks at what a rule matches of calls that come in.
func (m *mapping) pattern(o object, against func(rule, field, text string)) {
	incoming, known := o.flag("match_incoming_calls")
	text := o.text("match_string")
	if known && !incoming || text == "" {
		return
	}
	if len(text) > maxPattern {
		m.unmapped(o, "rule "+quoted(o.text("name")), "match_string", "it is too long to be looked at (LOC-08)")
		return
	}
	expression, err := regexp.Compile("(?i)^(?:" + text + ")$")
	if err != nil {
		m.unmapped(o, "rule "+quoted(o.text("name")), "match_string", "the expression is of a kind that is not understood here (LOC-08)")
		return
	}
	federated := slices.IndexFunc(m.plan.Domains, func(d plan.Domain) bool { return expression.MatchString("nobody.at.all.4711@" + d.Name) })
	for _, r := range m.plan.Rooms {
		for _, alias := range r.Aliases {
			if federated < 0 && expression.MatchString(alias) {
				against("LOC-08", "match_string", fmt.Sprintf("it also matches the alias %s of a room, which wins; make the two tell apart", alias))
				return
			}
		}
	}
	if federated < 0 {
		return
	}
	against("LOC-08", "match_string", "it matches any alias in "+m.plan.Domains[federated].Name+": calls to rooms that are not there ring out instead of being refused; make it tight")
	if on, known := o.flag("match_incoming_mssip"); known && !on {
		against("LOC-09", "match_incoming_mssip", "partners' calls do not match the rule, though it is about their domain; switch it on if they are to use it")
	}
}

// remaining says what no answer of the API holds.
func (m *mapping) remaining() {
	if !m.platform.have["worker_vm"] {
		return
	}
	m.assume("-", "partners", "", "the platform knows no partners; write those whose calls shall work under partners")
	m.assume("-", "certificates", "", "no file is named: a check of a platform elsewhere needs none, and keys stay on the platform")
}
