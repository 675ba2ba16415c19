package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fedge/lab"
)

// labFlags are what every command that brings up a lab takes.
type labFlags struct {
	on     bool
	faults []string
}

func (l *labFlags) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.on, "lab", false, "bring up a world of our own and use that")
	l.faultFlag(cmd)
}

func (l *labFlags) faultFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&l.faults, "fault", nil, "break this in the lab (`NAME`, see lab --list-faults); repeat for several")
}

// world starts a lab; a fault that does not exist, or that contradicts another,
// is the user's mistake, and whatever else keeps a lab from starting is the
// machine's or ours.
func world(cmd *cobra.Command, c lab.Config) (*lab.World, error) {
	c.Log = logger(cmd)
	if verbose, _ := cmd.Flags().GetBool("verbose"); verbose && len(c.Program) > 0 {
		format, _ := cmd.Flags().GetString("log-format")
		c.Program = append(c.Program, "-v", "--log-format", format)
		c.Output = cmd.ErrOrStderr()
	}
	w, err := lab.Start(cmd.Context(), c)
	if err == nil {
		return w, nil
	}
	if unknown, ok := errors.AsType[*lab.UnknownFault](err); ok {
		return nil, usage(unknown)
	}
	if conflicting, ok := errors.AsType[*lab.ConflictingFaults](err); ok {
		return nil, usage(conflicting)
	}
	if errors.Is(err, lab.ErrOneProcess) {
		return nil, usage(err)
	}
	return nil, &exit{code: harness, err: err}
}

func labCommand() *cobra.Command {
	var (
		list      bool
		out       string
		lasts     time.Duration
		processes bool
		nat       bool
		absent    bool
		l         labFlags
	)
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Bring up the whole world on loopback and keep it up",
		Long: `lab brings up a public DMZ deployment and its federated partners on this machine's
loopback, every host on an address of its own, SIP on port 5061 everywhere. With
--out it leaves what an outside tool needs: deployment.yaml, ca.pem, each host's
certificate and key, contoso.yaml (an --as file) and world.json.

contoso answers calls for as long as the lab is up. With --no-partner it does
not: then another command can be contoso, and be called as contoso:
simulator check world/deployment.yaml --as world/contoso.yaml --trigger http

--fault breaks something; several add up, in any order, and none hides another.
Those that contradict each other, such as two names for one node, are refused.`,
		Example: `  simulator lab --out world
  simulator lab --out world --no-partner
  simulator lab --fault srv-missing --fault cert-expired --for 10m
  simulator lab --list-faults`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				return listFaults(cmd.OutOrStdout())
			}
			if err := errors.Join(lab.Refused(l.faults), writable(destination{"--out", out, true}), noOther(out), lastsFor(lasts)); err != nil {
				return usage(err)
			}
			config := lab.Config{Faults: l.faults, NAT: nat, Dir: out}
			if processes {
				config.Program = selfAsNode()
			}
			w, err := world(cmd, config)
			if err != nil {
				return err
			}
			defer w.Close()
			if !absent {
				partner, err := w.Organisation(cmd.Context(), lab.Contoso, nil)
				if err != nil {
					return err
				}
				defer partner.Stop()
			}
			if err := describe(cmd.OutOrStdout(), w); err != nil {
				return err
			}
			return stayUp(cmd, lasts)
		},
	}
	cmd.Flags().BoolVar(&list, "list-faults", false, "list what can be broken")
	cmd.Flags().StringVar(&out, "out", "", "leave the world's files in `DIR`")
	cmd.Flags().DurationVar(&lasts, "for", 0, "end after this long; 0: until interrupted")
	cmd.Flags().BoolVar(&nat, "nat", false, "put the nodes behind a static one-to-one NAT")
	cmd.Flags().BoolVar(&absent, "no-partner", false, "leave contoso's place to another command with --as contoso.yaml, which is then called as contoso")
	cmd.Flags().BoolVar(&processes, "processes", false, "one process a signaling node, each with media nodes of its own")
	l.faultFlag(cmd)
	return cmd
}

// noOther refuses to put a world where somebody's own plan is: the world's would
// take its place, and its keys that of others. What an earlier world left is
// replaced.
func noOther(dir string) error {
	const file = "deployment.yaml"
	if dir == "" {
		return nil
	}
	_, plan := os.Stat(filepath.Join(dir, file))
	_, world := os.Stat(filepath.Join(dir, "world.json"))
	if plan != nil || world == nil {
		return nil
	}
	return fmt.Errorf("--out %s: there is a %s in it that is no lab's, and would be lost; name another directory, such as world", dir, file)
}

// lastsFor refuses a world that would be over before it began.
func lastsFor(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("--for %s: a world is up for a while, such as 10m; without --for until Ctrl-C", d)
	}
	return nil
}

// selfAsNode is this program, started as a node.
func selfAsNode() []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return []string{self, "node"}
}

// stayUp waits for the end: the time given, or an interrupt, whose exit code
// says so.
func stayUp(cmd *cobra.Command, lasts time.Duration) error {
	ctx := cmd.Context()
	if lasts > 0 {
		bounded, cancel := context.WithTimeout(ctx, lasts)
		defer cancel()
		<-bounded.Done()
		return nil
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "up; Ctrl-C ends it")
	<-ctx.Done()
	return nil
}

func listFaults(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FAULT\tWHAT IS BROKEN\tFOUND BY\tVERDICT")
	for _, f := range lab.Faults() {
		by := strings.Join(f.Rules(), ", ")
		if by == "" {
			by = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, f.What, by, f.Verdict())
	}
	return table.Flush()
}

func describe(w io.Writer, world *lab.World) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "HOST\tADDRESS\tROLE\tADMIN")
	for _, h := range world.Hosts {
		fmt.Fprintf(table, "%s\t%s:%d\t%s\t%s\n", h.Name, h.Address, h.Port, h.Role, h.Admin)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "resolver %s, files in %s\n", world.Resolver, world.Dir)
	return err
}
