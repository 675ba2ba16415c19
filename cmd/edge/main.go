// Command edge is a Conferencing Node: it takes calls of federated Lync and
// Skype for Business organisations into rooms, and places calls to them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"fedge/inert"
)

func main() {
	ctx, stop := untilSignal()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errInterrupted is the cause of a context that Ctrl-C ended; SIGTERM is an
// order, not an interruption.
var errInterrupted = errors.New("interrupted")

// untilSignal returns a context that the first SIGINT or SIGTERM ends. The
// second one is no longer ours and ends the process at once.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			if s == os.Interrupt {
				cancel(errInterrupted)
			} else {
				cancel(errors.New("told to stop"))
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// run is the whole command, with its streams.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "edge: "+inert.Text(err.Error())) // which may quote what a peer said
	}
	return exitCode(ctx, err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "edge",
		Short: "A Conferencing Node for a federation with Lync and Skype for Business",
		Long: `edge is a SIP-over-TLS node for a public DMZ. It answers calls of federated Lync
and Skype for Business organisations into rooms, dials out by DNS, and hands
media to the media nodes of its pool.`,
		Example: `  edge run --plan deployment.yaml --node px01.vc.example.com
  edge run --plan deployment.yaml --node px01.vc.example.com --node px03.vc.example.com
  curl -d '{"room":"stand-up","to":"anna@contoso.example"}' http://127.0.0.1:9061/v1/calls`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(runCommand(), versionCommand())
	return root
}
