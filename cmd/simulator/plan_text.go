package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"fedge/plan"
	"fedge/shell"
)

// summary says in a few lines what the plan is, for a user who gave no flag.
func (d *derived) summary(w io.Writer) error {
	p := d.plan
	for _, domain := range p.Domains {
		fmt.Fprintf(w, "%s: calls arrive at %s, on %s\n", domain.Name, domain.Pool, names(p.Pool(domain.Name)))
	}
	fmt.Fprintln(w)
	err := table(w, func(w io.Writer) {
		for _, n := range p.Nodes {
			var roles []string
			for _, r := range n.Roles {
				roles = append(roles, string(r))
			}
			inside := ""
			switch {
			case p.Inside(n):
				inside = "inside"
			case n.PublicAddr() != n.Address:
				inside = "NAT to " + n.Address.String()
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", n.Name, n.PublicAddr(), inside, strings.Join(roles, ", "), "location "+n.Location)
		}
	})
	if err != nil {
		return err
	}
	outward := "not placed"
	if p.Outbound {
		outward = fmt.Sprintf("placed by every node, From: %s", p.From)
		if len(p.Outside()) < len(p.Nodes) {
			outward = fmt.Sprintf("placed by every node that is not inside, From: %s", p.From)
		}
	}
	fmt.Fprintf(w, "\n%s, %s; calls outward are %s\n", count(len(p.Rooms), "room"), count(len(p.Partners), "partner"), outward)
	for _, r := range p.ToRequest() {
		fmt.Fprintf(w, "certificate %s: %s, on %s\n", r.File, count(len(r.Names), "name"), count(len(r.Nodes), "node"))
	}
	d.advice(w)
	_, err = fmt.Fprintf(w, `
print more: --zone or --powershell (DNS), --csr DIR (certificates), --settings, --firewall,
--capacity, --since OLDPLAN (the steps of a change); then prove it: %s
`, shell.Line("simulator", "check", p.Path))
	return err
}

func names(nodes []plan.Node) string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Name)
	}
	return strings.Join(all, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// advice is what an administrator should know before anything is published.
func (d *derived) advice(w io.Writer) {
	p := d.plan
	for _, domain := range p.Domains {
		switch n := len(p.Pool(domain.Name)); {
		case n == 1:
			fmt.Fprintf(w, "DNS-08: one node takes the calls of %s; while it is down none comes in\n", domain.Name)
		case n > 3:
			fmt.Fprintf(w, "DNS-08: %d nodes take the calls of %s; two or three are advised\n", n, domain.Name)
		}
		for _, theirs := range p.Office365 {
			if strings.HasSuffix(domain.Name, "."+theirs) {
				fmt.Fprintf(w, "DNS-15: %s is Office 365's, %s is ours: keep it out of the tenant's own domains\n", theirs, domain.Name)
			}
		}
	}
	for _, one := range d.judgements() {
		if !one.Holds {
			fmt.Fprintf(w, "%s: %s\n", one.Rule, one.Says)
		}
	}
	if partners := p.Discoverers(); len(partners) > 0 && p.Limits.Outbound > plan.MostMessages {
		fmt.Fprintf(w, "PEER-02: limits lets calls send %d messages a second to %s; Skype for Business takes %d of a partner that it discovered: write outbound: %[3]d or less, or trust: allowed for who has listed us\n",
			p.Limits.Outbound, strings.Join(partners, ", "), plan.MostMessages)
	}
	d.sharedFiles(w)
	for _, c := range p.Conflicts() {
		fmt.Fprintf(w, `
DNS-14: %s belongs to Office 365. Its federation record leads to %s, and calls
that arrive there find no room. Use a subdomain; the names would be:

`, c.Domain, plan.Office365SRV)
		_ = table(w, func(w io.Writer) {
			for _, name := range c.Names {
				fmt.Fprintf(w, "  %s\t%s\t-> %s\n", name.What, name.Old, name.New)
			}
		})
	}
}

// sharedFiles warns of certificates for the nodes of several domains: one has
// one common name, and each domain's pool wants its own (rule CRT-01).
func (d *derived) sharedFiles(w io.Writer) {
	var files []string
	domains := map[string][]string{}
	for _, r := range d.plan.Requests() {
		n, _ := d.plan.Node(r.Nodes[0])
		file, _ := d.plan.Files(n)
		if file == "" || slices.Contains(domains[file], r.Domain) {
			continue
		}
		if domains[file] == nil {
			files = append(files, file)
		}
		domains[file] = append(domains[file], r.Domain)
	}
	for _, file := range files {
		if many := domains[file]; len(many) > 1 {
			fmt.Fprintf(w, "CRT-01: %s share %s, which has one common name: give the nodes of each domain a certificate of their own\n", strings.Join(many, " and "), file)
		}
	}
}

// settings prints a list to tick off: what to set, then where a script finds
// it, the rules that ask for it, and why.
func (d *derived) settings(w io.Writer) error {
	var text strings.Builder
	for i, s := range d.plan.Checklist() {
		if i > 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%s   %s\n", s.Subject, s.Where)
		for _, one := range s.Settings {
			fmt.Fprintf(&text, "  [ ] %s: %s\n", one.Name, one.Value)
			fmt.Fprintf(&text, "        %s\n", strings.Join(slices.DeleteFunc([]string{one.Field, strings.Join(one.Rules, " "), one.Note},
				func(part string) bool { return part == "" }), "; "))
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// firewall prints a table for each node, then one for the traffic between them.
func (d *derived) firewall(w io.Writer) error {
	rows := d.plan.Firewall()
	for _, n := range d.plan.Nodes {
		fmt.Fprintln(w, n.Name)
		if err := rowTable(w, rows, func(r plan.FirewallRow) bool { return r.Node == n.Name && r.Peer == "" }); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if slices.ContainsFunc(rows, func(r plan.FirewallRow) bool { return r.Peer != "" }) {
		fmt.Fprintln(w, "between nodes")
		if err := rowTable(w, rows, func(r plan.FirewallRow) bool { return r.Peer != "" }); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, t := range d.plan.Translations() {
		fmt.Fprintf(w, "NAT    %s <-> %s   %s: static, one to one, ports unchanged (NET-05)\n", t.Old, t.New, t.What)
	}
	_, err := fmt.Fprintln(w, "Firewalls keep state: answers pass. Nothing may inspect TLS or rewrite SIP on port 5061 (NET-08),\nand no NAT may stand between nodes (NET-06).")
	return err
}

func rowTable(w io.Writer, rows []plan.FirewallRow, wanted func(plan.FirewallRow) bool) error {
	return table(w, func(w io.Writer) {
		fmt.Fprintln(w, "  rule\tdirection\tsource\tfrom ports\tdestination\tprotocol\tto ports\twhy")
		for _, r := range rows {
			if wanted(r) {
				fmt.Fprintln(w, "  "+rowText(r))
			}
		}
	})
}

func rowText(r plan.FirewallRow) string {
	from, why := r.From, r.Why
	if from == "" {
		from = "any"
	}
	if r.Peer != "" {
		why = r.Node + ", " + r.Peer + ": " + why
	}
	return strings.Join([]string{r.Rule, r.Direction, r.Source, from, r.Destination, r.Protocol, r.Ports, why}, "\t")
}

// capacity prints the arithmetic, and what follows from it.
func (d *derived) capacity(w io.Writer) error {
	all := d.plan.Headroom()
	if len(all) == 0 {
		return usage(fmt.Errorf(`%s says nothing about what to expect; write under the domain, for its peak:
    expected: {audio: 60, sd: 4, hd: 20, content: 6, conferences: 12, largest: 30}
and for each media node what its status says it takes: calls: {audio: 172, sd: 22, hd: 9, full_hd: 5}`, d.plan.Path))
	}
	for _, h := range all {
		name := h.Domain
		if name == "" {
			name = "all domains together"
		}
		fmt.Fprintf(w, "%s, in %s\n", name, h.Unit)
		err := table(w, func(w io.Writer) {
			for _, t := range h.Terms {
				weight := fmt.Sprintf("x %.3f", t.Weight)
				if t.Weight == 0 {
					weight = ""
				}
				fmt.Fprintf(w, "  %s\t%d\t%s\t%8.1f\n", t.What, t.Count, weight, t.Sum)
			}
			fmt.Fprintf(w, "  demand at the peak\t\t\t%8.1f\n", h.Demand)
			for _, n := range h.Nodes {
				fmt.Fprintf(w, "  %s\t\t%s\t%8.1f\n", n.Name, n.Location, n.Capacity)
			}
			fmt.Fprintf(w, "  capacity\t\t\t%8.1f\n  without %s\t\t\t%8.1f\n", h.All, h.Lost, h.Left)
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, one := range d.judgements() {
		word := "holds"
		if !one.Holds {
			word = "falls short"
		}
		fmt.Fprintf(w, "%s %s. %s\n", one.Rule, word, one.Says)
	}
	if d.plan.Licences == 0 {
		fmt.Fprintln(w, "CAP-03 is not judged: the plan does not say how many licences there are (licences: 100)")
	}
	return nil
}

// change prints the steps of a change.
func (d *derived) change(w io.Writer) error {
	if len(d.steps) == 0 {
		_, err := fmt.Fprintf(w, "nothing to do: %s and %s ask for the same\n", d.old.Path, d.plan.Path)
		return err
	}
	promise := "no step breaks calls that worked before it"
	if slices.ContainsFunc(d.steps, func(s plan.Step) bool { return strings.HasPrefix(s.Title, "Announce") }) {
		promise = "it breaks no more calls than must be, and says where"
	}
	fmt.Fprintf(w, "From %s to %s in %s. Keep the order: %s.\n", d.old.Path, d.plan.Path, count(len(d.steps), "step"), promise)
	for i, s := range d.steps {
		fmt.Fprintf(w, "\n%2d. %s\n", i+1, s.Title)
		if s.Where != "" {
			fmt.Fprintf(w, "    where   %s\n", s.Where)
		}
		for _, r := range s.Remove {
			fmt.Fprintf(w, "    remove  %s\n", r)
		}
		for _, r := range s.Add {
			fmt.Fprintf(w, "    add     %s\n", r)
		}
		err := table(w, func(w io.Writer) {
			for _, r := range s.Open {
				fmt.Fprintln(w, "    open    "+rowText(r))
			}
			for _, r := range s.Close {
				fmt.Fprintln(w, "    close   "+rowText(r))
			}
		})
		if err != nil {
			return err
		}
		for _, c := range s.Certificates {
			fmt.Fprintf(w, "    cert    %s, common name %s\n    names   %s\n    nodes   %s\n", c.File, c.CommonName, strings.Join(c.Names, ", "), strings.Join(c.Nodes, ", "))
		}
		for _, line := range s.Do {
			fmt.Fprintf(w, "    do      %s\n", line)
		}
		if s.Why != "" {
			fmt.Fprintf(w, "    why     %s\n", s.Why)
		}
		if len(s.Rules) > 0 {
			fmt.Fprintf(w, "    rules   %s\n", strings.Join(s.Rules, " "))
		}
	}
	return nil
}
