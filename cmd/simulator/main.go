// Command simulator is a Lync / Skype for Business organisation: its Access
// Edge and the clients behind it. It checks a deployment, runs the conformance
// suite and generates load, against the lab it brings along or anybody's node.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"fedge/inert"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first interrupt drains; the next one is no longer ours and ends us.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command, with its streams: the result goes to stdout,
// progress and logs to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	stderr = inert.Writer(stderr) // errors, progress and logs quote what peers say
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	code := exitCode(ctx, err)
	if err != nil {
		if text := bare(err); text != "" {
			fmt.Fprintln(stderr, "simulator: "+text)
		}
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "simulator",
		Short: "Test the edge of a SIP federation before people depend on it",
		Long: `simulator plays a federated Lync / Skype for Business organisation: its Access
Edge and the clients behind it. It checks what a deployment publishes, puts the
requirements of SIP federation to its nodes, and measures what they take.`,
		Example: `  simulator demo                         a whole world, checked, tried and loaded: out/report.html
  simulator check --lab --fault srv-wrong-port
  simulator call meet.alice@vc.example.com --lab
  simulator conform --lab
  simulator check deployment.yaml        your own deployment, from the outside`,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if format, _ := cmd.Flags().GetString("log-format"); format != "text" && format != "json" {
				return usage(fmt.Errorf("--log-format %q: text or json", format))
			}
			return nil
		},
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.Bool("quiet", false, "no progress, only the result")
	flags.BoolP("verbose", "v", false, "log what the world does")
	flags.String("log-format", "text", "text or json")
	flags.Int64("seed", 0, "seed of everything that varies; 0 picks one and prints it")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(planCommand(), checkCommand(), labCommand(), callCommand(), conformCommand(),
		loadCommand(), explainCommand(), demoCommand(), nodeCommand(), versionCommand())
	return root
}

// logger writes to stderr: warnings by default, all with -v, nothing with --quiet.
func logger(cmd *cobra.Command) *slog.Logger {
	level := slog.LevelWarn
	if on, _ := cmd.Flags().GetBool("verbose"); on {
		level = slog.LevelDebug
	}
	if on, _ := cmd.Flags().GetBool("quiet"); on {
		level = slog.LevelError
	}
	options := &slog.HandlerOptions{Level: level}
	if format, _ := cmd.Flags().GetString("log-format"); format == "json" {
		return slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), options))
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), options))
}

// progress says on stderr what is going on, a line each, unless --quiet.
func progress(cmd *cobra.Command) func(format string, args ...any) {
	if quiet, _ := cmd.Flags().GetBool("quiet"); quiet {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) {
		fmt.Fprintf(cmd.ErrOrStderr(), strings.TrimSuffix(format, "\n")+"\n", args...)
	}
}

// noArgs refuses arguments with a usage error instead of cobra's plain one.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(errors.New("takes no argument, got " + strings.Join(args, " ")))
	}
	return nil
}
