package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fedge/certs"
	"fedge/plan"
	"fedge/result"
)

// derived is a plan, and what follows from it.
type derived struct {
	plan, old *plan.Plan // old: nil when nothing is compared
	domains   []string   // that are asked for
	steps     []plan.Step
}

// shortage is a judgement on what is expected.
type shortage struct {
	Rule  string `json:"rule"`
	Holds bool   `json:"holds"`
	Says  string `json:"says"`
}

// judgements are the rules that numbers decide (CAP-01 to CAP-03).
func (d *derived) judgements() []shortage {
	var out []shortage
	for _, h := range d.plan.Headroom() {
		lost := "with " + h.Lost + " lost"
		name := h.Domain
		if name == "" {
			name = "all domains together"
		}
		one := shortage{Rule: "CAP-01", Holds: h.Fits(), Says: fmt.Sprintf("%s: %.1f of %.1f %s are used %s", name, h.Demand, h.Left, h.Unit, lost)}
		if !one.Holds {
			one.Says = fmt.Sprintf("%s: %.1f %s are missing %s; add media nodes", name, h.Demand-h.Left, h.Unit, lost)
		}
		out = append(out, one)
		for _, place := range h.Largest {
			one := shortage{Rule: "CAP-02", Holds: place.Short == 0, Says: fmt.Sprintf("%s: a conference of %d, %.1f %s, that is called at %s goes on %s", name, h.Most, place.Demand, h.Unit, place.Location, place)}
			if !one.Holds {
				one.Says = fmt.Sprintf("%s: a conference of %d, %.1f %s, that is called at %s finds no place for %.1f: three nodes of a location process one conference, then its overflow; use larger nodes or an overflow location", name, h.Most, place.Demand, h.Unit, place.Location, place.Short)
			}
			out = append(out, one)
		}
	}
	if all := d.plan.Participants(); all > 0 && d.plan.Licences > 0 {
		out = append(out, shortage{"CAP-03", d.plan.Licences >= all, fmt.Sprintf("%d licences for %d participants", d.plan.Licences, all)})
	}
	return out
}

// verdict ends the command: of what --capacity finds, the required rules fail it.
func (d *derived) verdict(f *planFlags) error {
	if !f.capacity {
		return nil
	}
	for _, one := range d.judgements() {
		if !one.Holds && one.Rule != "CAP-01" { // a warning
			return verdict(result.Fail)
		}
	}
	return nil
}

// json writes everything at once.
func (d *derived) json(w io.Writer) error {
	type domain struct {
		Name       string         `json:"name"`
		Pool       string         `json:"pool"`
		Records    []plan.Record  `json:"records"`
		Office365  *plan.Proposal `json:"office365,omitempty"`
		Powershell string         `json:"powershell"`
		Zone       string         `json:"zone"`
	}
	document := struct {
		Schema       string                    `json:"schema"`
		Tool         result.Tool               `json:"tool"`
		Plan         string                    `json:"plan"`
		Since        string                    `json:"since,omitempty"`
		Domains      []domain                  `json:"domains"`
		Certificates []plan.CertificateRequest `json:"certificates"`
		Settings     []plan.Settings           `json:"settings"`
		Firewall     []plan.FirewallRow        `json:"firewall"`
		Translations []plan.Rename             `json:"translations"`
		Capacity     []plan.Headroom           `json:"capacity"`
		Judgements   []shortage                `json:"judgements"`
		Steps        []plan.Step               `json:"steps,omitempty"`
	}{
		Schema: "fedge.plan/1", Tool: tool(), Plan: d.plan.Path, Certificates: d.plan.ToRequest(), Settings: d.plan.Checklist(),
		Firewall: d.plan.Firewall(), Translations: d.plan.Translations(), Capacity: d.plan.Headroom(), Judgements: d.judgements(), Steps: d.steps,
	}
	if d.old != nil {
		document.Since = d.old.Path
	}
	for _, one := range d.plan.Domains {
		document.Domains = append(document.Domains, domain{
			Name: one.Name, Pool: one.Pool, Records: d.plan.Records(one.Name), Zone: d.plan.ZoneOf(one.Name), Powershell: d.plan.PowerShell(one.Name),
		})
	}
	for _, c := range d.plan.Conflicts() {
		for i := range document.Domains {
			if document.Domains[i].Name == c.Domain {
				document.Domains[i].Office365 = &c
			}
		}
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(document)
}

// zones prints each zone by itself; each is a file of its own for a name server.
func (d *derived) zones(w io.Writer) error {
	for i, domain := range d.domains {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if _, err := io.WriteString(w, d.plan.ZoneOf(domain)); err != nil {
			return err
		}
	}
	return nil
}

// requests makes all keys before it writes the first file.
func (d *derived) requests(w io.Writer, dir string, kind certs.KeyKind) error {
	wanted := d.plan.ToRequest()
	if d.old != nil {
		wanted = d.plan.RequestsSince(d.old)
	}
	var made []*certs.SigningRequest
	var problems []error
	var text strings.Builder
	for _, r := range wanted {
		if !strings.Contains(" "+strings.Join(d.domains, " ")+" ", " "+r.Domain+" ") {
			continue
		}
		one, err := certs.NewSigningRequest(r.File, certs.Request{CommonName: r.CommonName, Names: r.Names}, kind)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		made = append(made, one)
		fmt.Fprintf(&text, "%s/%s.csr\n  common name   %s\n  names         %s\n  install on    %s\n", dir, r.File, r.CommonName, strings.Join(r.Names, "\n                "), strings.Join(r.Nodes, "\n                "))
	}
	if len(problems) > 0 {
		return usage(errors.Join(problems...))
	}
	if len(made) == 0 {
		_, err := fmt.Fprintln(w, "no certificate is needed that the old plan has not")
		return err
	}
	if err := certs.WriteRequests(dir, made...); err != nil {
		return usage(err)
	}
	_, err := fmt.Fprintf(w, `%s
Each key is beside its request, NAME-key.pem, for its owner alone; it goes to no
authority. Ask a public authority for serverAuth and clientAuth: without
clientAuth (many leave it out now) a node cannot place calls (CRT-09). Look at
what you send:

  openssl req -verify -noout -text -in %s/%s.csr
`, text.String(), dir, made[0].File)
	return err
}

// table aligns columns that are separated by tabs.
func table(w io.Writer, rows func(io.Writer)) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rows(t)
	return t.Flush()
}
