package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"fedge/capture"
	"fedge/lab"
	"fedge/report"
	"fedge/result"
	"fedge/shell"
)

func demoCommand() *cobra.Command {
	var (
		l     labFlags
		dir   string
		out   outputs
		shown bool
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A whole world on this machine: checked, tried, loaded and reported on one page",
		Long: `demo brings up a public DMZ deployment and a federated partner on loopback, checks
it as the partner would, places calls both ways with protected media, runs the
conformance suite and a short load run, ends one node without warning and calls
again, and leaves one page that says all of it: report.html.`,
		Example: `  simulator demo --out out
  simulator demo --out out --fault srv-wrong-port`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(lab.Refused(l.faults), out.ready(destination{"--out", dir, true})); err != nil {
				return usage(err)
			}
			d := &demo{cmd: cmd, dir: dir, out: out, faults: l.faults, said: progress(cmd), recorder: capture.New(packetRoom)}
			err := d.run(cmd.Context())
			if shown {
				openPage(filepath.Join(dir, "report.html"))
			}
			return err
		},
	}
	out.flags(cmd, true)
	cmd.Flags().BoolVar(&shown, "open", false, "show the page in the browser at the end")
	cmd.Flags().StringVar(&dir, "out", "out", "leave report.html, the JSON and the packets in `DIR`")
	l.faultFlag(cmd)
	return cmd
}

// demo is one run: the world, what was done in it, and what came of it.
type demo struct {
	cmd      *cobra.Command
	dir      string
	out      outputs
	faults   []string
	said     func(string, ...any)
	recorder *capture.Recorder
	world    *lab.World
	result   result.Demo
}

// run does the steps in order. A step that fails does not keep the others from
// being tried: a demo with a fault shows how far the fault reaches.
func (d *demo) run(ctx context.Context) error {
	began := time.Now()
	d.result = result.Demo{
		Run:    result.Run{Schema: result.DemoSchema, Tool: tool(), Seed: seed(d.cmd), Started: began.UTC(), Command: reproduce(d.cmd)},
		Faults: append([]string{}, d.faults...), Calls: []result.Call{},
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return usage(fmt.Errorf("cannot write to --out: %w", err))
	}
	d.said("bringing up the world: two signaling nodes in processes of their own, four media nodes, DNS, two partners")
	w, err := world(d.cmd, lab.Config{Faults: d.faults, Program: selfAsNode()})
	if err != nil {
		return err
	}
	defer w.Close()
	d.world = w
	for _, h := range w.Hosts {
		d.result.World = append(d.result.World, result.Host{Name: h.Name, Address: h.Address.String(), Role: h.Role})
	}
	for _, step := range d.steps() {
		if ctx.Err() != nil {
			break
		}
		d.step(ctx, step)
	}
	d.result.Verdict = d.overall(ctx)
	d.result.TookSeconds = time.Since(began).Seconds()
	return d.leave()
}

// step is one thing that the demo does; its function says the verdict and, in
// a line, what came of it.
type step struct {
	name string
	do   func(context.Context) (result.Verdict, string)
}

func (d *demo) steps() []step {
	return []step{
		{"check the deployment as a partner sees it", d.check},
		{"three users meet in a room, with audio and video", d.meet},
		{"a node calls a partner's user, and one that cannot be found", d.callOut},
		{"the conformance suite", d.conform},
		{"load: signalling at a steady rate", d.load},
		{"a signaling node dies, the next call lands on the other", d.lose},
	}
}

func (d *demo) step(ctx context.Context, s step) {
	d.said("• %s", s.name)
	began := time.Now()
	v, detail := s.do(ctx)
	done := result.Step{Name: s.name, Verdict: v, Detail: detail, TookSeconds: time.Since(began).Seconds()}
	d.result.Steps = append(d.result.Steps, done)
	d.said("  %-5s %s (%.1f s)", v, detail, done.TookSeconds)
}

// overall is the worst of the steps.
func (d *demo) overall(ctx context.Context) result.Verdict {
	if ctx.Err() != nil {
		return result.Aborted
	}
	seen := map[result.Verdict]bool{}
	for _, s := range d.result.Steps {
		seen[s.Verdict] = true
	}
	for _, v := range []result.Verdict{result.Error, result.Fail, result.Invalid, result.Inconclusive} {
		if seen[v] {
			return v
		}
	}
	return result.Pass
}

// leave writes the page, the results by themselves, and the packets.
func (d *demo) leave() error {
	page := report.Demo(d.result)
	files := map[string]func(io.Writer) error{
		"report.html": page.HTML, "demo.json": page.JSON, "demo.junit.xml": page.JUnit,
		"calls.pcapng": func(w io.Writer) error { return d.recorder.Pcapng(w, false) }, // keys on request: --pcap, --keylog
	}
	if d.result.Check != nil {
		files["check.json"] = report.Check(*d.result.Check).JSON
	}
	if d.result.Conform != nil {
		files["conform.json"] = report.Conform(*d.result.Conform).JSON
	}
	if d.result.Load != nil {
		files["load.json"] = report.Load(*d.result.Load).JSON
	}
	for name, write := range files {
		if err := writeFile(d.cmd, filepath.Join(d.dir, name), 0o644, write); err != nil {
			return err
		}
	}
	if err := d.out.packets(d.cmd, d.recorder); err != nil {
		return err
	}
	if err := d.out.write(d.cmd, page); err != nil {
		return err
	}
	d.said("the page: %s", filepath.Join(d.dir, "report.html"))
	return verdict(d.result.Verdict)
}

// alone is the command that does one part of the demo by itself.
func (d *demo) alone(what string) string {
	words := []string{"simulator", what, "--lab"}
	for _, fault := range d.faults {
		words = append(words, "--fault", fault)
	}
	return shell.Line(words...)
}

// openPage shows a file in whatever this system opens pages with. It is a
// courtesy: where there is no browser, the path that was printed is enough.
func openPage(file string) {
	opener := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if opener == nil {
		opener = []string{"xdg-open"}
	}
	_ = exec.Command(opener[0], append(opener[1:], file)...).Run()
}
