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
// these domains of the plan (of all, when none is given); "" when there are
// none. Records that are there stay; records at the same names that the plan
// does not have are reported and left alone. All of that is looked at before
// the first record is added: a script that stops half way leaves half a zone.
func (p *Plan) PowerShell(domains ...string) string {
	if len(domains) == 0 {
		for _, d := range p.Domains {
			domains = append(domains, d.Name)
		}
	}
	var look, add strings.Builder
	for _, domain := range domains {
		records := p.Records(domain)
		if len(records) == 0 {
			continue
		}
		zone := "$zones[" + quote(canonical(domain)) + "]"
		fmt.Fprintf(&look, "%s = Find-Zone %s\n", zone, quote(canonical(domain)))
		for _, name := range owners(records) {
			fmt.Fprintf(&look, "Show-Others %s %s\n", zone, name)
		}
		fmt.Fprintf(&add, "\n# The records of %s.\n", canonical(domain))
		for _, r := range records {
			if r.Type == "SRV" {
				fmt.Fprintf(&add, "Add-Service %s %s %s -Priority %d -Weight %d -Port %d -Ttl %d\n", zone, quote(r.Name), quote(r.Target), r.Priority, r.Weight, r.Port, r.TTL)
				continue
			}
			fmt.Fprintf(&add, "Add-Address %s %s %s -Ttl %d\n", zone, quote(r.Name), quote(r.Address.String()), r.TTL)
		}
	}
	if look.Len() == 0 {
		return ""
	}
	return powershellHead + "\n# What is there. Nothing is added before all of it was seen.\n" + look.String() + "Stop-AtAlias\n" + add.String()
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
