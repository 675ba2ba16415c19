package conformance

import (
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"fedge/certs"
)

// presets say what products claim, one file each.
//
//go:embed presets/*.yaml
var presets embed.FS

// Presets lists the names of what LoadTarget knows without being told.
func Presets() []string {
	entries, _ := presets.ReadDir("presets") // embedded: it is there
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// targetFile is a target as it is written down.
type targetFile struct {
	Name     string         `yaml:"name"`
	Preset   string         `yaml:"preset"`
	Node     string         `yaml:"node"`
	Address  string         `yaml:"address"`
	Pool     string         `yaml:"pool"`
	Domain   string         `yaml:"domain"`
	Alias    string         `yaml:"alias"`
	Ringing  string         `yaml:"ringing"`
	Self     string         `yaml:"self"`
	Roots    string         `yaml:"roots"`
	T1       string         `yaml:"t1"`
	Step     string         `yaml:"step"`
	Trigger  string         `yaml:"trigger"`
	Claims   claimsFile     `yaml:"claims"`
	Expected []expectedFile `yaml:"expected"`
}

// claimsFile holds what a file says of the claims; nil leaves them as they are.
type claimsFile struct {
	FromAuthorisation *bool `yaml:"from_authorisation"`
	ClientCertificate *bool `yaml:"client_certificate"`
	Media             *bool `yaml:"media"`
	SessionTimers     *bool `yaml:"session_timers"`
	Update            *bool `yaml:"update"`
	Reliable          *bool `yaml:"reliable"`
	EndsCalls         *bool `yaml:"ends_calls"`
	OwnDomain         *bool `yaml:"own_domain"`
}

// LoadTarget reads a target file: YAML, with paths relative to it. Unknown keys,
// and expectations of none of the cases, are errors; all problems are reported
// together.
func LoadTarget(file string, cases []Case) (Target, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Target{}, fmt.Errorf("conformance: %w", err)
	}
	var f targetFile
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return Target{}, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	t, err := f.target(filepath.Dir(file))
	expected, wrong := f.expectations(text, ids(cases))
	if err := errors.Join(err, wrong); err != nil {
		return Target{}, fmt.Errorf("%s:\n%w", file, err)
	}
	t.Expected = expected
	if t.Name == "" {
		t.Name = t.Node
	}
	return t, nil
}

func (f targetFile) target(dir string) (t Target, err error) {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf("  "+format, args...)) }
	for _, must := range []struct{ key, value, what string }{
		{"node", f.Node, "the node's FQDN"}, {"address", f.Address, "where it listens, as 192.0.2.1:5061"},
		{"domain", f.Domain, "its SIP domain"}, {"alias", f.Alias, "user@domain of a room that answers"},
	} {
		if must.value == "" {
			wrong("%s is missing: %s", must.key, must.what)
		}
	}
	t = Target{Name: f.Name, Node: f.Node, Pool: f.Pool, Domain: f.Domain, Alias: f.Alias, Self: f.Self, Ringing: f.Ringing}
	if t.Pool == "" {
		t.Pool = f.Node
	}
	if f.Address != "" {
		if t.Address, err = netip.ParseAddrPort(f.Address); err != nil {
			wrong("address: %v", err)
		}
	}
	for key, at := range map[string]struct {
		text string
		into *time.Duration
	}{"t1": {f.T1, &t.T1}, "step": {f.Step, &t.Step}} {
		if at.text == "" {
			continue
		}
		if *at.into, err = time.ParseDuration(at.text); err != nil || *at.into <= 0 {
			wrong("%s: %q is no duration, such as 500ms", key, at.text)
		}
	}
	if f.Trigger != "" {
		if t.Trigger, err = ParseTrigger(f.Trigger); err != nil {
			wrong("trigger: %w", err)
		}
	}
	if f.Preset != "" {
		if err := t.claimPreset(f.Preset); err != nil {
			wrong("%w", err)
		}
	}
	f.Claims.apply(&t.Claims)
	if f.Roots != "" {
		if !filepath.IsAbs(f.Roots) {
			f.Roots = filepath.Join(dir, f.Roots)
		}
		if t.Roots, err = certs.ReadRoots(f.Roots); err != nil {
			wrong("roots: %w", err)
		}
	}
	return t, errors.Join(problems...)
}

func (t *Target) claimPreset(name string) error {
	if !slices.Contains(Presets(), name) {
		return fmt.Errorf("preset %q is none of %s", name, strings.Join(Presets(), ", "))
	}
	text, err := presets.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return err
	}
	var f struct {
		Claims claimsFile `yaml:"claims"`
	}
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return fmt.Errorf("preset %s: %w", name, err)
	}
	f.Claims.apply(&t.Claims)
	return nil
}

func (f claimsFile) apply(c *Claims) {
	for _, one := range []struct{ from, into *bool }{
		{f.FromAuthorisation, &c.FromAuthorisation}, {f.ClientCertificate, &c.ClientCertificate}, {f.Media, &c.Media},
		{f.SessionTimers, &c.SessionTimers}, {f.Update, &c.Update}, {f.Reliable, &c.Reliable}, {f.EndsCalls, &c.EndsCalls}, {f.OwnDomain, &c.OwnDomain},
	} {
		if one.from != nil {
			*one.into = *one.from
		}
	}
}
