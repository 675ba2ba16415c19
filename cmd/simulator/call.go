package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/capture"
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
			if user, host, ok := strings.Cut(strings.TrimPrefix(args[0], "sip:"), "@"); !ok || user == "" || host == "" {
				return usage(fmt.Errorf("%q is no URI: write user@domain", args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			spec.To = args[0]
			wrong := errors.Join(lab.Refused(l.faults), out.ready(), l.faultless(cmd),
				generation("--edge", edge, lync.EdgeGenerations()), generation("--client", user, lync.ClientGenerations()))
			config, err := whose(l, as)
			if err == nil {
				spec.From, err = calling(config, spec.From)
			}
			wrong = errors.Join(wrong, err)
			if hold < 0 {
				wrong = errors.Join(wrong, fmt.Errorf("--hold %s: a call cannot be shorter than nothing", hold))
			}
			if wrong != nil {
				return usage(wrong)
			}
			rec := out.recorder()
			if rec == nil { // the ladder is of messages
				rec = capture.NewTranscript(transcriptRoom)
			}
			config, name, done, err := caller(cmd, l, config, rec)
			if err != nil {
				return err
			}
			defer done()
			config.EdgeGen, config.ClientGen, config.Seed = edge, user, seed(cmd)
			r, failed := oneCall(cmd, config, spec, hold)
			r.Call = name(r.Call)
			if err := out.packets(cmd, rec); err != nil {
				return err
			}
			if err := out.write(cmd, report.Call(r)); err != nil {
				return err
			}
			if failed != nil {
				return failed
			}
			return verdict(r.Verdict)
		},
	}
	l.flags(cmd)
	out.flags(cmd, true)
	cmd.Flags().StringVar(&as, "as", "", "be the partner that `FILE` describes, on a real network")
	cmd.Flags().StringVar(&edge, "edge", lync.DefaultEdge, "generation of our Access Edge: "+strings.Join(lync.EdgeGenerations(), ", "))
	cmd.Flags().StringVar(&user, "client", lync.DefaultClient, "generation of our client: "+strings.Join(lync.ClientGenerations(), ", "))
	cmd.Flags().DurationVar(&hold, "hold", 5*time.Second, "how long to stay in the call")
	cmd.Flags().BoolVar(&spec.Video, "video", false, "offer video and send a test clip when asked for it")
	cmd.Flags().StringVar(&spec.From, "from", "", "which of our users calls (default the first of users in the --as file, or anna)")
	return cmd
}

// whose call it is, as far as that is known before anything starts: contoso's, of
// a lab of our own, or whose a file describes.
func whose(l labFlags, as string) (lync.Config, error) {
	switch {
	case l.on == (as != ""):
		return lync.Config{}, errors.New("say where the call starts: --lab, or --as FILE")
	case l.on:
		return lync.Config{Domain: lab.Contoso, Users: lab.Users(lab.Contoso)}, nil
	}
	return partnerFile(as)
}

// calling is the user who calls: the one that was typed, or the first there is.
func calling(c lync.Config, typed string) (string, error) {
	switch {
	case typed == "" && len(c.Users) > 0:
		return c.Users[0], nil
	case typed == "":
		return "anna", nil
	case !c.Has(typed):
		return "", fmt.Errorf("--from %s: %s has no such user; its users are %s", typed, c.Domain, strings.Join(c.Users, ", "))
	}
	return typed, nil
}

// generation refuses one that nobody made.
func generation(flag, name string, all []string) error {
	if slices.Contains(all, name) {
		return nil
	}
	return fmt.Errorf("%s %s: there is no such generation; use one of %s", flag, name, strings.Join(all, ", "))
}

// caller is who calls, ready to. name puts names where a record of a call has the
// lab's addresses; done ends the lab.
func caller(cmd *cobra.Command, l labFlags, c lync.Config, rec *capture.Recorder) (_ lync.Config, name func(result.Call) result.Call, done func(), err error) {
	if !l.on {
		c.Listen = lync.Config{}.Listen // whoever only calls leaves the address to who answers
		c.Recorder = rec
		return c, func(r result.Call) result.Call { return r }, func() {}, nil
	}
	w, err := world(cmd, lab.Config{Faults: l.faults})
	if err != nil {
		return c, nil, nil, err
	}
	c, err = w.Partner(lab.Contoso, rec)
	if err != nil {
		w.Close()
		return c, nil, nil, err
	}
	return c, func(r result.Call) result.Call { return w.Name([]result.Call{r})[0] }, func() { w.Close() }, nil
}

// oneCall places the call and says what came of it, whatever that was: a call
// that fails has a ladder too. The error is the exit code's reason.
func oneCall(cmd *cobra.Command, config lync.Config, spec lync.CallSpec, hold time.Duration) (result.OneCall, error) {
	began := time.Now()
	r := result.OneCall{Run: result.Run{
		Schema: result.CallSchema, Tool: tool(), Seed: config.Seed, Started: began.UTC(), Command: reproduce(cmd),
	}}
	var err error
	r.Call, err = placeOne(cmd.Context(), config, spec, hold)
	if err != nil {
		r.Call.Verdict, r.Error = result.Fail, err.Error()
		if r.Call.Detail == "" {
			r.Call.Detail = err.Error()
		}
		if len(r.Call.Ladder) == 0 {
			r.Call.Ladder = config.Recorder.Transcript(func(capture.Message) bool { return true })
		}
	}
	if cmd.Context().Err() != nil {
		r.Call.Verdict = result.Aborted
	}
	r.Verdict = r.Call.Verdict
	r.TookSeconds = time.Since(began).Seconds()
	return r, err
}

// placeOne places a call with a tone, stays for hold, and hangs up.
func placeOne(ctx context.Context, config lync.Config, spec lync.CallSpec, hold time.Duration) (result.Call, error) {
	if spec.Tone == 0 {
		spec.Tone = 709
	}
	failed := result.Call{Name: "call", Direction: "inbound", From: config.Full(spec.From), To: spec.To, Verdict: result.Fail}
	org, err := lync.Start(ctx, config)
	if err != nil {
		return failed, usage(err)
	}
	defer org.Stop()
	call, err := org.Call(ctx, spec)
	if err != nil {
		if refused, ok := errors.AsType[*lync.RefusedError](err); ok {
			failed.Status = refused.Status
		}
		return failed, callError(err)
	}
	done := lab.Record("call", call, spec)
	done.From = failed.From
	stay, cancel := context.WithTimeout(ctx, hold)
	defer cancel()
	select {
	case <-stay.Done():
		err = call.Hangup(context.WithoutCancel(ctx))
	case <-call.Ended():
		err = fmt.Errorf("the node ended the call: %s", call.Why())
	}
	lab.Finish(&done, call)
	if err == nil && hold >= time.Second && mute(done) {
		err = errors.New("the node agreed on audio, and no packet of it came back")
	}
	if err != nil {
		done.Verdict, done.Detail = result.Fail, err.Error()
	}
	return done, nil
}

// mute tells whether audio was agreed on and none arrived.
func mute(c result.Call) bool {
	for _, m := range c.Media {
		if m.Kind == "audio" {
			return m.PacketsGot == 0
		}
	}
	return false
}

// callError sorts why a call did not come about: the far end could not be
// reached, or it refused.
func callError(err error) error {
	if d, ok := errors.AsType[*lync.Diagnostic](err); ok {
		code := fallsShort
		if d.ID == 1046 { // no address accepted a connection
			code = unreachable
		}
		return &exit{code: code, err: plainly(err)}
	}
	if _, ok := errors.AsType[*lync.RefusedError](err); ok {
		return &exit{code: fallsShort, err: plainly(err)}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return &exit{code: inconclusive, err: plainly(err)}
	}
	if _, ok := errors.AsType[*lync.FailedError](err); ok {
		return &exit{code: fallsShort, err: plainly(err)}
	}
	return &exit{code: harness, err: err}
}
