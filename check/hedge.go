package check

import (
	"context"
	"slices"
	"strings"

	"fedge/result"
)

// observe is Observe, or what Discover saw where no node was found to look at.
func (c Config) observe(ctx context.Context) (Facts, error) {
	if c.Inferred == nil {
		return Observe(ctx, c)
	}
	facts := c.Inferred.Facts
	var err error
	if len(c.Inferred.Plan.Nodes) > 0 {
		facts, err = Observe(ctx, c)
	}
	return c.Inferred.mark(facts), err
}

// mark says of facts what the plan that they are judged by was made from, and
// what of it nobody has seen.
func (in *Inference) mark(f Facts) Facts {
	f.Inferred, f.Unnamed, f.Undecided = slices.Concat(in.Seen, in.Assumed), in.unnamed, in.undecided
	return f
}

// madeUp tells whether a name is one that the inference gave to a node.
func (in *Inference) madeUp(name string) bool { return in != nil && slices.Contains(in.unnamed, name) }

// unmake puts where a node is in place of the name that was made up for it:
// nobody can look for that.
func (in *Inference) unmake(f *result.Finding) {
	var pairs []string
	for _, n := range in.Plan.Nodes {
		if in.madeUp(n.Name) {
			pairs = append(pairs, n.Name, located(n))
		}
	}
	where := strings.NewReplacer(pairs...)
	f.Subject, f.Fix = where.Replace(f.Subject), where.Replace(f.Fix)
	f.Evidence = slices.Clone(f.Evidence)
	for i, line := range f.Evidence {
		f.Evidence[i] = where.Replace(line)
	}
}

// several tells whether records lead to more than one host that could be the
// pool.
func (in *Inference) several() bool { return len(in.Facts.leads(in.Plan.Domains[0])) > 1 }

// foundless are the rules that say why no node was found, in the order in
// which one hides the next.
func foundless() []string {
	return []string{"DNS-01", "DNS-14", "DNS-02", "DNS-06", "DNS-04", "DNS-05"}
}

// hedge takes back what a plan that was inferred cannot prove: it agrees with
// what it was made from, whatever that is.
func (in *Inference) hedge(findings []result.Finding) []result.Finding {
	if in == nil {
		return findings
	}
	root := ""
	if len(in.Plan.Nodes) == 0 {
		root = in.root(findings)
	}
	for i := range findings {
		f := &findings[i]
		hide := func(why, evidence string) {
			f.Outcome, f.Why, f.Symptom, f.Fix = result.NotChecked, why, "", ""
			if evidence != "" {
				f.Evidence = []string{evidence}
			}
		}
		const plan = "the plan was inferred from what is published"
		switch {
		case root != "" && f.ID != root && (f.ID == "DNS-05" || !slices.Contains(foundless(), f.ID)):
			hide("precondition "+root, "") // the pool's name was guessed
		case f.ID == "DNS-03" && f.Outcome == result.RuleFail && in.several():
			f.Fix = "keep one record, with priority 1 and weight 100, to port 5061 of the host under which all nodes are that take calls; it is taken for " + in.Plan.Domains[0].Pool
		case f.Outcome == result.RulePass && slices.Contains([]string{"DNS-07", "DNS-13", "LOC-04", "LOC-05", "LOC-06"}, f.ID):
			hide(result.NotVisible, plan)
		case f.ID == "LOC-07" && len(in.Plan.Rooms) == 0:
			hide(result.NotVisible, "rooms cannot be seen from outside; name one with --room")
			f.Fix = "name a room with --room ALIAS@" + f.Subject
		case slices.Equal(f.Evidence, []string{noRoom}):
			hide(result.NotVisible, "no room is known that could be called; name one with --room")
		}
		in.unmake(f)
	}
	record, _ := Find("DNS-09")
	for _, name := range in.nameless {
		findings = append(findings, record.finding(unseen(name, result.NotVisible,
			name+" is in a certificate and has no A record; if it is a node, publish one")))
	}
	for _, p := range in.passed {
		findings = append(findings, p.finding())
	}
	order := map[string]int{}
	for i, r := range catalogue() {
		order[r.ID] = i
	}
	slices.SortStableFunc(findings, func(a, b result.Finding) int { return order[a.ID] - order[b.ID] })
	return findings
}

// root is the rule that kept nodes from being found: the first that failed, or
// else the first that could not be seen to hold.
func (in *Inference) root(findings []result.Finding) string {
	for _, is := range []func(result.Outcome) bool{
		func(o result.Outcome) bool { return o == result.RuleFail },
		func(o result.Outcome) bool { return o != result.RulePass },
	} {
		for _, id := range foundless() {
			if slices.ContainsFunc(findings, func(f result.Finding) bool { return f.ID == id && is(f.Outcome) }) {
				return id
			}
		}
	}
	return "DNS-05"
}
