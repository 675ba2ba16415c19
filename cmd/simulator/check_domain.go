package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fedge/capture"
	"fedge/check"
	"fedge/plan"
	"fedge/result"
	"fedge/shell"
)

// domainFlags are for a check of a domain of which no plan is there.
type domainFlags struct {
	save  string
	rooms []string
}

func (d *domainFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.save, "save", "", "write the plan that was inferred for a DOMAIN to `FILE`, with what to fill in marked; it must not be there yet, and is not written when no node was found")
	cmd.Flags().StringArrayVar(&d.rooms, "room", nil, "an `ALIAS@DOMAIN` that can be called, for a DOMAIN without a plan; repeat for several")
}

func (d *domainFlags) given() bool { return d.save != "" || len(d.rooms) > 0 }

// isDomain tells a domain from a plan's file.
func isDomain(arg string) bool {
	if _, err := os.Stat(arg); err == nil || strings.ContainsRune(arg, filepath.Separator) {
		return false
	}
	name := strings.ToLower(strings.TrimSuffix(arg, "."))
	return plan.IsHost(name) && !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

// meant guesses what somebody wanted to check who named neither.
func meant(arg string) string {
	uri := strings.TrimPrefix(arg, "sip:")
	if _, domain, is := strings.Cut(uri, "@"); is && isDomain(domain) {
		return "; " + shell.Line("simulator", "check", domain, "--as", "partner.yaml", "--room", uri) + " checks the domain of this room"
	}
	return ""
}

// checkDomain infers a plan from what a domain publishes, says so, and checks
// the domain against it.
func (f *checkFlags) checkDomain(cmd *cobra.Command, domain string) error {
	for _, room := range f.domain.rooms {
		if _, host, at := strings.Cut(room, "@"); !at || !strings.EqualFold(host, strings.TrimSuffix(domain, ".")) {
			return usage(fmt.Errorf("--room %s: write ALIAS@%s", room, domain))
		}
	}
	if f.domain.save != "" {
		if _, err := os.Lstat(f.domain.save); err == nil {
			return usage(fmt.Errorf("--save %s: the file is there already; name another one, or remove it", f.domain.save))
		}
	}
	v, err := f.viewpoint(new(plan.Plan))
	if err != nil {
		return usage(err)
	}
	c := v.config(new(plan.Plan))
	said := progress(cmd)
	c.Progress, c.Recorder = func(what string) { said("%s", what) }, f.out.recorder()
	facts, err := check.Discover(cmd.Context(), c, domain)
	if err != nil {
		return err
	}
	if cmd.Context().Err() != nil {
		return f.interrupted(cmd, check.Undiscovered(domain, facts), c.Recorder)
	}
	known := check.Known{Rooms: f.domain.rooms, Calls: f.trigger != "", Lab: v.onLoopback()}
	if known.Roots, err = absolute(v.roots); err != nil { // so that the saved plan trusts whom this check does
		return usage(fmt.Errorf("%s: %w", v.roots, err))
	}
	c.Inferred = check.Infer(domain, facts, known)
	c.Plan = c.Inferred.Plan
	if v.onLoopback() {
		c.Plan.Resolver = v.servers[0] // so that the saved plan is checked where this one was
	}
	tell(said, c.Inferred)
	if err := f.savePlan(c.Inferred, said); err != nil {
		return err
	}
	if c.Trigger, c.CallWait, err = f.calling(cmd, c.Plan); err != nil {
		return usage(err)
	}
	return f.run(cmd, c, reproduce(cmd))
}

// interrupted ends a check whose nodes were not found yet. Half of what a domain
// shows makes no plan: none is saved.
func (f *checkFlags) interrupted(cmd *cobra.Command, r result.Check, rec *capture.Recorder) error {
	if f.domain.save != "" {
		progress(cmd)("nothing is saved as %s: interrupted while the nodes of %s were looked for", f.domain.save, r.Domain)
	}
	return f.leave(cmd, signed(r, seed(cmd), reproduce(cmd)), rec)
}

// tell says plainly what the check rests on.
func tell(say func(format string, args ...any), in *check.Inference) {
	for _, section := range []struct {
		title string
		lines []string
	}{{"seen:", in.Seen}, {"concluded from it:", in.Assumed}, {"not to be seen from outside:", in.Hidden}} {
		if len(section.lines) > 0 {
			say("%s\n  %s", section.title, strings.Join(section.lines, "\n  "))
		}
	}
	if len(in.Plan.Nodes) == 0 {
		say("no node was found; only what DNS says can be judged")
	}
}

func (f *checkFlags) savePlan(in *check.Inference, say func(format string, args ...any)) error {
	if f.domain.save == "" {
		return nil
	}
	if len(in.Plan.Nodes) == 0 {
		say("nothing is saved as %s: a plan is of nodes, and none was found", f.domain.save)
		return nil
	}
	var err error
	if in.Plan.Path, err = absolute(f.domain.save); err != nil {
		return usage(fmt.Errorf("--save: %w", err))
	}
	text, err := in.YAML()
	if err != nil {
		return err
	}
	if err := writeNew(f.domain.save, text); err != nil {
		return usage(fmt.Errorf("--save: %w", err))
	}
	if _, err := plan.Parse(f.domain.save, text); err != nil {
		say("saved as %s, which is not complete yet: fill in what it marks FILL IN\n%v", f.domain.save, err)
		return nil
	}
	say("saved as %s; fill in what it marks FILL IN, then: %s", f.domain.save, f.again(in.Plan))
	return nil
}

// again is how to look at the saved plan from where this check looked. A name
// server that is not a lab's is no part of it: a plan has the one that nodes ask,
// and nobody knows which that is.
func (f *checkFlags) again(saved *plan.Plan) string {
	words := []string{"simulator", "check", f.domain.save}
	if f.as != "" {
		words = append(words, "--as", f.as)
	}
	if len(f.resolvers) > 1 || !saved.Resolver.IsValid() {
		for _, at := range f.resolvers {
			words = append(words, "--resolver", at)
		}
	}
	return shell.Line(words...)
}

// absolute is where a path leads that the user gave, wherever it is read from;
// none is none.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// writeNew writes a whole file that was not there, or none.
func writeNew(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
