package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fedge/lab"
	"fedge/lync"
	"fedge/report"
	"fedge/result"
)

func callCommand() *cobra.Command {
	var (
		l    labFlags
		out  outputs
		spec lync.CallSpec
		as   string
		hold time.Duration
		edge string
		user string
	)
	cmd := &cobra.Command{
		Use:   "call URI",
		Short: "Place one federated call and print its ladder",
		Long: `call finds the deployment by DNS as a partner's Access Edge does, proves its
name, places an audio call with protected media, measures what comes back, hangs
up, and prints every message of the call.`,
		Example: `  simulator call meet.alice@vc.example.com --lab
  simulator call meet.alice@vc.example.com --lab --client 2013 --video
  simulator call room@vc.customer.example --as partner.yaml --pcap call.pcapng`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("call takes one URI: simulator call meet.alice@vc.example.com --lab"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if l.on == (as != "") {
				return usage(errors.New("say where the call starts: --lab, or --as FILE"))
			}
			spec.To = args[0]
			rec := out.recorder()
			config := lync.Config{}
			if l.on {
				w, err := world(cmd, lab.Config{Faults: l.faults})
				if err != nil {
					return err
				}
				defer w.Close()
				if config, err = w.Partner(lab.Contoso, rec); err != nil {
					return err
				}
			} else {
				var err error
				if config, err = partnerFile(as); err != nil {
					return usage(err)
				}
				config.Recorder = rec
			}
			config.EdgeGen, config.ClientGen, config.Seed = edge, user, seed(cmd)
			done, err := placeOne(cmd.Context(), config, spec, hold)
			if err != nil {
				return err
			}
			if err := out.packets(cmd, rec); err != nil {
				return err
			}
			if err := out.write(cmd, report.Call(done)); err != nil {
				return err
			}
			return verdict(done.Verdict)
		},
	}
	l.flags(cmd)
	out.flags(cmd, true)
	cmd.Flags().StringVar(&as, "as", "", "be the partner that `FILE` describes, on a real network")
	cmd.Flags().StringVar(&edge, "edge", lync.DefaultEdge, "generation of our Access Edge: 2010, 2013, 2015, 2019, se")
	cmd.Flags().StringVar(&user, "client", lync.DefaultClient, "generation of our client: 2013, 2016")
	cmd.Flags().DurationVar(&hold, "hold", 5*time.Second, "how long to stay in the call")
	cmd.Flags().BoolVar(&spec.Video, "video", false, "offer video and send a test clip when asked for it")
	cmd.Flags().StringVar(&spec.From, "from", "anna", "which of our users calls")
	return cmd
}

// placeOne places a call with a tone, stays for hold, hangs up, and says what
// came of it. Not being reached is the exit code's business, not an error here.
func placeOne(ctx context.Context, config lync.Config, spec lync.CallSpec, hold time.Duration) (result.Call, error) {
	if spec.Tone == 0 {
		spec.Tone = 700
	}
	org, err := lync.Start(ctx, config)
	if err != nil {
		return result.Call{}, usage(err)
	}
	defer org.Stop()
	call, err := org.Call(ctx, spec)
	if err != nil {
		return result.Call{}, callError(err)
	}
	done := lab.Record("call", call, spec)
	stay, cancel := context.WithTimeout(ctx, hold)
	defer cancel()
	select {
	case <-stay.Done():
		err = call.Hangup(context.WithoutCancel(ctx))
	case <-call.Ended():
		err = fmt.Errorf("the node ended the call: %s", call.Why())
	}
	lab.Finish(&done, call)
	if err != nil {
		done.Verdict, done.Detail = result.Fail, err.Error()
	}
	return done, nil
}

// callError sorts why a call did not come about: the far end could not be
// reached, or it refused.
func callError(err error) error {
	if d, ok := errors.AsType[*lync.Diagnostic](err); ok {
		code := fallsShort
		if d.ID == 1046 { // no address accepted a connection
			code = unreachable
		}
		return &exit{code: code, err: err}
	}
	if _, ok := errors.AsType[*lync.RefusedError](err); ok {
		return &exit{code: fallsShort, err: err}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return &exit{code: inconclusive, err: err}
	}
	return &exit{code: fallsShort, err: err}
}
