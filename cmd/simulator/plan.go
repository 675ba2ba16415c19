package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fedge/certs"
	"fedge/plan"
	"fedge/shell"
)

// planFlags are what a user may ask of a plan. At most one form is printed.
type planFlags struct {
	zone, powershell, settings, firewall, capacity bool
	csr, since, domain, key, json                  string
}

func planCommand() *cobra.Command {
	f := &planFlags{}
	cmd := &cobra.Command{
		Use:   "plan PLAN",
		Short: "Derive from a deployment's plan what to publish, install, set and open",
		Long: `plan reads a deployment.yaml, refuses what contradicts itself (everything that is
wrong at once, with line and column), and prints what follows from it. Without a
flag it says in a few lines what the plan is. docs/plan.md is the guide.`,
		Example: `  simulator plan deployment.yaml                        what it is, and what to do next
  simulator plan deployment.yaml --zone > vc.example.com.zone
  named-checkzone vc.example.com vc.example.com.zone
  simulator plan deployment.yaml --zone --domain eu.vc.example.com    one domain of several
  simulator plan deployment.yaml --powershell > records.ps1
  simulator plan deployment.yaml --csr requests         signing requests and their keys
  simulator plan deployment.yaml --settings             what to set, page by page
  simulator plan deployment.yaml --firewall             what to open, node by node
  simulator plan deployment.yaml --capacity             does it fit, with one node lost
  simulator plan new.yaml --since deployment.yaml       the steps of a change, in order
  simulator plan new.yaml --since deployment.yaml --csr requests
  simulator plan deployment.yaml --json -               all of it, for machines`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("plan takes one file: simulator plan deployment.yaml --zone; to come by one: simulator plan --init vc.example.com"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.zone, "zone", false, "the DNS records to publish, as a BIND zone for each domain")
	flags.BoolVar(&f.powershell, "powershell", false, "the DNS records to publish, as a script for Windows DNS Server")
	flags.StringVar(&f.csr, "csr", "", "write certificate signing requests and their keys into `DIR`")
	flags.StringVar(&f.key, "key", string(certs.RSA2048), "the kind of key for --csr: "+keyKinds())
	flags.BoolVar(&f.settings, "settings", false, "what to set for the platform, each location, node and room")
	flags.BoolVar(&f.firewall, "firewall", false, "what firewalls must let pass, node by node")
	flags.BoolVar(&f.capacity, "capacity", false, "whether what is expected fits, with one node lost")
	flags.StringVar(&f.since, "since", "", "the steps that lead here from `OLDPLAN`, in order; with --csr the requests for them")
	flags.StringVar(&f.domain, "domain", "", "only this `DOMAIN`, with --zone, --powershell and --csr")
	flags.StringVar(&f.json, "json", "", "write everything that follows from the plan as JSON to `FILE` (- for stdout)")
	planStart(cmd)
	return cmd
}

func keyKinds() string {
	var kinds []string
	for _, kind := range certs.KeyKinds() {
		kinds = append(kinds, string(kind))
	}
	return strings.Join(kinds, ", ")
}

// run derives everything before it writes anything.
func (f *planFlags) run(cmd *cobra.Command, file string) error {
	err := errors.Join(f.check(cmd), writable(destination{"--json", f.json, false}, destination{"--csr", f.csr, true}))
	p, wrong := plan.Load(file)
	err = errors.Join(err, wrong)
	var old *plan.Plan
	if f.since != "" {
		old, wrong = plan.Load(f.since)
		err = errors.Join(err, wrong)
	}
	if err != nil {
		return usage(err)
	}
	domains, err := f.domains(p)
	if err != nil {
		return usage(err)
	}
	d := &derived{plan: p, old: old, domains: domains}
	if old != nil {
		if d.steps, err = p.Since(old); err != nil {
			return usage(err)
		}
	}
	if f.publishes() || old != nil {
		if err := conflicts(p, domains); err != nil {
			return usage(err)
		}
	}
	if err := f.leave(cmd, d); err != nil {
		return err
	}
	return d.verdict(f)
}

// leave prints what is asked for, and then writes the JSON: requests that cannot
// be made leave nothing.
func (f *planFlags) leave(cmd *cobra.Command, d *derived) error {
	w := cmd.OutOrStdout()
	if f.json == "-" {
		w = cmd.ErrOrStderr()
	}
	if f.json != "-" || f.csr != "" {
		if err := f.print(cmd, w, d); err != nil {
			return err
		}
	}
	if f.json == "" {
		return nil
	}
	return writeFile(cmd, f.json, 0o644, d.json)
}

// check finds flags that do not go together.
func (f *planFlags) check(cmd *cobra.Command) error {
	var asked []string
	for _, one := range []struct {
		name string
		on   bool
	}{
		{"--zone", f.zone}, {"--powershell", f.powershell}, {"--settings", f.settings}, {"--firewall", f.firewall},
		{"--capacity", f.capacity}, {"--csr", f.csr != ""}, {"--since", f.since != "" && f.csr == ""},
	} {
		if one.on {
			asked = append(asked, one.name)
		}
	}
	var problems []error
	if len(asked) > 1 {
		problems = append(problems, fmt.Errorf("%s: ask for one of them at a time; --json has all of it", strings.Join(asked, ", ")))
	}
	if !slices.Contains(certs.KeyKinds(), certs.KeyKind(f.key)) {
		problems = append(problems, fmt.Errorf("--key %s: use one of %s", f.key, keyKinds()))
	}
	if f.csr == "" {
		problems = append(problems, unheeded(cmd, "goes with --csr DIR", "key"))
	}
	if f.domain != "" && !f.publishes() {
		problems = append(problems, errors.New("--domain goes with --zone, --powershell or --csr"))
	}
	return errors.Join(problems...)
}

// publishes tells whether what is asked for would be published as it is.
func (f *planFlags) publishes() bool { return f.zone || f.powershell || f.csr != "" }

// domains are those of the plan that are asked for.
func (f *planFlags) domains(p *plan.Plan) ([]string, error) {
	var names []string
	for _, d := range p.Domains {
		names = append(names, d.Name)
	}
	if f.domain == "" {
		return names, nil
	}
	wanted := strings.ToLower(strings.TrimSuffix(f.domain, "."))
	if !slices.Contains(names, wanted) {
		return nil, fmt.Errorf("--domain %s: the plan has %s", f.domain, strings.Join(names, ", "))
	}
	return []string{wanted}, nil
}

// conflicts refuses to publish what belongs to Office 365 (rule DNS-14).
func conflicts(p *plan.Plan, domains []string) error {
	var problems []error
	for _, c := range p.Conflicts() {
		if slices.Contains(domains, c.Domain) {
			problems = append(problems, fmt.Errorf("%s belongs to Office 365, by office365 in the plan: its federation record stays there (DNS-14). Plan the subdomain %s instead; %s prints the names", c.Domain, c.Subdomain, shell.Line("simulator", "plan", p.Path)))
		}
	}
	return errors.Join(problems...)
}

// print writes the one form that is asked for.
func (f *planFlags) print(cmd *cobra.Command, w io.Writer, d *derived) error {
	switch {
	case f.csr != "":
		return d.requests(w, f.csr, certs.KeyKind(f.key))
	case f.zone:
		if len(d.domains) > 1 {
			progress(cmd)("%d zones, one after the other; --domain picks one: %s", len(d.domains), strings.Join(d.domains, ", "))
		}
		return d.zones(w)
	case f.powershell:
		_, err := io.WriteString(w, d.plan.PowerShell(d.domains...))
		return err
	case f.settings:
		return d.settings(w)
	case f.firewall:
		return d.firewall(w)
	case f.capacity:
		return d.capacity(w)
	case f.since != "":
		return d.change(w)
	}
	return d.summary(w)
}
