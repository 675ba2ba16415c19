//go:build safety

package safety

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"fedge/dns"
	"fedge/plan"
	"fedge/process"
	"fedge/sip/gate"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// unlimited, in the environment, takes a node's limits away.
const unlimited = "FEDGE_SAFETY_UNLIMITED"

// TestMain lets the lab start this test binary as its nodes: `edge run` but for
// limits that are shorter, so that what they end is over within a test, or gone.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		if err := node(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// names is a flag that may be repeated.
type names []string

func (n *names) String() string     { return strings.Join(*n, ",") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

func node(args []string) error {
	var (
		nodes    names
		flags    = flag.NewFlagSet("node", flag.ContinueOnError)
		file     = flags.String("plan", "", "")
		resolver = flags.String("resolver", "", "")
		drain    = flags.Duration("drain", time.Second, "")
	)
	flags.Var(&nodes, "node", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(*resolver)
	if err != nil {
		return err
	}
	p, err := plan.Load(*file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin) // our parent lets go of it
		cancel()
	}()
	c := process.Config{
		Plan: p, Nodes: nodes, Resolver: dns.NewClient(at), Drain: *drain,
		Timers: stack.Timers{T1: 20 * time.Millisecond},
		Links:  link.Limits{Handshake: patience},
		SIP:    stack.Limits{Gate: gate.Limits{HeaderTime: patience, BodyTime: patience}},
	}
	if os.Getenv(unlimited) != "" {
		c.Links = link.Limits{Total: 1 << 20, PerAddress: 1 << 20, Handshake: time.Hour}
		c.SIP.Gate = gate.Limits{
			StartLine: 1 << 24, Header: 1 << 24, Fields: 1 << 20, Body: 1 << 30, HeaderTime: time.Hour, BodyTime: time.Hour,
		}
	}
	running, err := process.Start(ctx, c)
	if err != nil {
		return err
	}
	fmt.Println("ready", nodes)
	return running.Wait()
}

// patience is how long these nodes wait for a handshake, a head or a body.
const patience = 2 * time.Second
