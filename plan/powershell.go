package plan

import (
	_ "embed"
	"fmt"
	"strings"
)

// powershellHead finds each zone on the server and adds what is missing in it.
//
//go:embed powershell.ps1
var powershellHead string

// PowerShell is a script for Windows DNS Server that publishes the records of
// these domains of the plan (of all, when none is given). Records that are
// there stay; records at the same names that the plan does not have are
// reported and left alone.
func (p *Plan) PowerShell(domains ...string) string {
	if len(domains) == 0 {
		for _, d := range p.Domains {
			domains = append(domains, d.Name)
		}
	}
	var out strings.Builder
	out.WriteString(powershellHead)
	for _, domain := range domains {
		records := p.Records(domain)
		if len(records) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\n# The records of %s.\n$zone = Find-Zone %s\n", canonical(domain), quote(canonical(domain)))
		for _, r := range records {
			if r.Type == "SRV" {
				fmt.Fprintf(&out, "Add-Service $zone %s %s -Priority %d -Weight %d -Port %d -Ttl %d\n", quote(r.Name), quote(r.Target), r.Priority, r.Weight, r.Port, r.TTL)
				continue
			}
			fmt.Fprintf(&out, "Add-Address $zone %s %s -Ttl %d\n", quote(r.Name), quote(r.Address.String()), r.TTL)
		}
		for _, name := range owners(records) {
			fmt.Fprintf(&out, "Show-Others $zone %s\n", name)
		}
	}
	return out.String()
}

// owners groups records by name: NAME, and what its records say, quoted.
func owners(records []Record) []string {
	var order []string
	data := make(map[string][]string)
	for _, r := range records {
		if data[r.Name] == nil {
			order = append(order, r.Name)
		}
		said := r.Address.String()
		if r.Type == "SRV" {
			said = fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, r.Target)
		}
		data[r.Name] = append(data[r.Name], quote(said))
	}
	for i, name := range order {
		order[i] = quote(name) + " " + strings.Join(data[name], ", ")
	}
	return order
}

// quote makes a PowerShell literal: in single quotes nothing is expanded, and a
// quote is written twice.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
