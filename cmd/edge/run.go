package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/dns"
	"fedge/plan"
	"fedge/process"
)

// options are the flags of `edge run`.
type options struct {
	plan      string
	nodes     []string
	listen    string
	admin     string
	adminOpen bool
	resolver  string
	drain     time.Duration
	silence   time.Duration
	logFormat string
	verbose   bool
	quiet     bool
}

func runCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "run --plan FILE --node FQDN [--node FQDN]…",
		Short: "Run one or more nodes of a deployment",
		Long: `Run one or more nodes of a deployment. What a node is (addresses, roles,
certificate, rooms, partners) comes from the plan; the flags say where this
process differs.

Nodes that run together share their media nodes: a signaling node hands each
call to the media node that has the room already, or has the most to spare. For
now a signaling node finds media in its own process only: name at least one node
with the role media beside it. (Media nodes in processes of their own, "edge
media --join", come with the message bus.)

SIGHUP, or POST /v1/reload, reads certificates, keys, roots and revocation lists
again: new connections get the new ones, calls go on. What cannot be read leaves
everything as it was.

When all nodes listen, one line that begins with "ready" goes to stdout (JSON
with --log-format json). SIGTERM drains: new calls are refused, calls that are
up may go on for --drain; then the exit code is 0. Ctrl-C does the same and
exits 130; a second signal ends it at once.`,
		Example: `  edge run --plan deployment.yaml --node px01.vc.example.com
  edge run --plan deployment.yaml --node px01.vc.example.com --node px03.vc.example.com --resolver 127.0.0.1:5353`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.plan, "plan", "", "the deployment's `FILE` (YAML)")
	flags.StringArrayVar(&o.nodes, "node", nil, "the node to be, by its `FQDN` in the plan; may be repeated")
	flags.StringVar(&o.listen, "listen", "", "listen on `ADDR:PORT` instead of the plan's address and 5061 (one node only)")
	flags.StringVar(&o.admin, "admin", "", "admin HTTP on `ADDR:PORT` instead of what the plan says (one node only)")
	flags.BoolVar(&o.adminOpen, "admin-open", false, "let admin HTTP listen beyond loopback; it asks nobody for a password")
	flags.StringVar(&o.resolver, "resolver", "", "ask the name server at `ADDR:PORT` instead of the plan's or the system's")
	flags.DurationVar(&o.drain, "drain", 30*time.Second, "how long calls may go on after SIGTERM")
	flags.DurationVar(&o.silence, "media-timeout", time.Minute, "end a call whose media has been silent for so long")
	flags.StringVar(&o.logFormat, "log-format", "text", "text or json")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "log more")
	flags.BoolVar(&o.quiet, "quiet", false, "log errors only")
	return cmd
}

// noArgs refuses arguments with a usage error instead of cobra's plain one.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(errors.New("takes no argument, got " + strings.Join(args, " ")))
	}
	return nil
}

// run serves the nodes until ctx is done and they have drained.
func (o options) run(ctx context.Context, stdout, stderr io.Writer) error {
	config, err := o.config(stderr)
	if err != nil {
		return usage(err)
	}
	running, err := process.Start(ctx, config)
	if err != nil {
		return usage(blame(err))
	}
	stop := reloadOnHangup(running, config.Log)
	defer stop()
	if err := o.announce(stdout, config); err != nil {
		return errors.Join(fmt.Errorf("nobody listens to our output: %w", err), running.Stop())
	}
	return running.Wait()
}

// config turns flags and plan into what is to be run. What it refuses is for
// whoever typed it to mend.
func (o options) config(stderr io.Writer) (process.Config, error) {
	none := process.Config{}
	switch {
	case o.plan == "":
		return none, errors.New("say which deployment: --plan deployment.yaml")
	case len(o.nodes) == 0:
		return none, errors.New("say which node of the plan to be: --node FQDN")
	case o.logFormat != "text" && o.logFormat != "json":
		return none, fmt.Errorf("--log-format %q: text or json", o.logFormat)
	case o.drain <= 0 || o.silence <= 0:
		return none, errors.New("--drain and --media-timeout are times above zero, as in 30s")
	}
	deployment, err := plan.Load(o.plan)
	if err != nil {
		return none, err
	}
	config := process.Config{Plan: deployment, Nodes: o.nodes, Drain: o.drain, Silence: o.silence, Log: o.logger(stderr)}
	if config.Listen, err = addrPort("--listen", o.listen); err != nil {
		return none, err
	}
	if config.Admin, err = addrPort("--admin", o.admin); err != nil {
		return none, err
	}
	if err := o.guard(config); err != nil {
		return none, err
	}
	config.Resolver, err = o.ask(deployment)
	return config, err
}

// addrPort reads a flag; an empty one is the zero value.
func addrPort(flag, value string) (netip.AddrPort, error) {
	if value == "" {
		return netip.AddrPort{}, nil
	}
	at, err := netip.ParseAddrPort(value)
	if err != nil {
		return at, fmt.Errorf("%s %q: ADDR:PORT, as in 127.0.0.1:9061", flag, value)
	}
	return at, nil
}

// guard keeps admin HTTP on loopback unless told otherwise.
func (o options) guard(config process.Config) error {
	for _, name := range config.Nodes {
		at := adminOf(config, name)
		if at.IsValid() && !at.Addr().IsLoopback() && !o.adminOpen {
			return fmt.Errorf("admin HTTP of %s on %s: whoever reaches it can place and end calls; use a loopback address, or say --admin-open", name, at)
		}
	}
	return nil
}

// adminOf is where a node's admin HTTP listens: the flag's address, the plan's,
// or none.
func adminOf(config process.Config, name string) netip.AddrPort {
	if config.Admin.IsValid() {
		return config.Admin
	}
	node, _ := config.Plan.Node(name) // that there is none is for Start to say
	return node.Admin
}

// ask is the resolver: the flag's, the plan's or the system's.
func (o options) ask(deployment *plan.Plan) (dns.Resolver, error) {
	server, err := addrPort("--resolver", o.resolver)
	switch {
	case err != nil:
		return nil, err
	case server.IsValid():
		return dns.NewClient(server), nil
	case deployment.Resolver.IsValid():
		return dns.NewClient(deployment.Resolver), nil
	}
	client, err := dns.System()
	if err != nil {
		return nil, err
	}
	return client, nil
}

// readiness is the ready line as JSON.
type readiness struct {
	Ready bool        `json:"ready"`
	PID   int         `json:"pid"`
	Nodes []readyNode `json:"nodes"`
}

type readyNode struct {
	Name    string         `json:"name"`
	Address netip.AddrPort `json:"address"`
	Admin   netip.AddrPort `json:"admin,omitzero"`
}

// announce says on one line of stdout that every socket is open, so that a
// parent can wait for it.
func (o options) announce(w io.Writer, config process.Config) error {
	r := readiness{Ready: true, PID: os.Getpid()}
	words := []string{"ready"}
	for _, name := range config.Nodes {
		node, _ := config.Plan.Node(name) // Start has found it
		at := config.Listen
		if !at.IsValid() {
			at = netip.AddrPortFrom(node.Address, plan.Port)
		}
		admin := adminOf(config, name)
		r.Nodes = append(r.Nodes, readyNode{node.Name, at, admin})
		words = append(words, fmt.Sprintf("%s=%s", node.Name, at))
		if admin.IsValid() {
			words = append(words, "admin="+admin.String())
		}
	}
	if o.logFormat == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintln(w, strings.Join(words, " "))
	return err
}
