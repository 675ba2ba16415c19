package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"fedge/capture"
	"fedge/report"
)

// outputs are the flags that say where a result goes besides the terminal;
// "-" is stdout, and then the terminal's text stays away.
type outputs struct {
	json, junit, html string
	pcap, keylog      string
}

// flags registers the report files; wire adds those of commands that have a wire.
func (o *outputs) flags(cmd *cobra.Command, wire bool) {
	cmd.Flags().StringVar(&o.json, "json", "", "write the result as JSON to `FILE` (- for stdout)")
	cmd.Flags().StringVar(&o.junit, "junit", "", "write JUnit XML to `FILE`")
	cmd.Flags().StringVar(&o.html, "html", "", "write one self-contained HTML page to `FILE`")
	if wire {
		cmd.Flags().StringVar(&o.pcap, "pcap", "", "write the packets as sent (ciphertext) to `FILE`, pcapng")
		cmd.Flags().StringVar(&o.keylog, "keylog", "", "write the TLS session keys to `FILE` and into the pcapng: whoever has them reads the calls")
	}
}

// ready finds what cannot be written to, of these flags and of more, before the
// run that would have nowhere to leave its result.
func (o *outputs) ready(more ...destination) error {
	return writable(append([]destination{
		{flag: "--json", name: o.json}, {flag: "--junit", name: o.junit}, {flag: "--html", name: o.html},
		{flag: "--pcap", name: o.pcap}, {flag: "--keylog", name: o.keylog},
	}, more...)...)
}

// The memory that a recording may take: more messages than anybody reads, and
// the packets of an hour's call. What finds no room is counted, and said.
const (
	transcriptRoom = 16 << 20
	packetRoom     = 256 << 20
)

// recorder is where the simulator's own links are recorded when their packets,
// or the keys to them, go anywhere; else nil.
func (o *outputs) recorder() *capture.Recorder {
	if o.pcap == "" && o.keylog == "" {
		return nil
	}
	return capture.New(packetRoom)
}

// write renders the result to the files asked for, and as text to stdout
// unless stdout was taken.
func (o *outputs) write(cmd *cobra.Command, r *report.Report) error {
	taken := o.pcap == "-" || o.keylog == "-"
	for _, form := range []struct {
		file  string
		write func(io.Writer) error
	}{{o.json, r.JSON}, {o.junit, r.JUnit}, {o.html, r.HTML}} {
		if form.file == "" {
			continue
		}
		taken = taken || form.file == "-"
		if err := writeFile(cmd, form.file, 0o644, form.write); err != nil {
			return err
		}
	}
	if taken {
		return nil
	}
	return r.Text(cmd.OutOrStdout(), style(cmd))
}

// style is what stdout can take.
func style(cmd *cobra.Command) report.Style {
	if f, ok := cmd.OutOrStdout().(*os.File); ok {
		return report.Terminal(f)
	}
	return report.Style{}
}

// packets writes the capture files asked for, and says what is not in them.
func (o *outputs) packets(cmd *cobra.Command, rec *capture.Recorder) error {
	if lost := rec.Drops(); lost != "" {
		progress(cmd)("%s", lost)
	}
	if o.pcap != "" {
		keys, mode := o.keylog != "", os.FileMode(0o644)
		if keys {
			mode = 0o600 // whoever reads it reads the calls
		}
		if err := writeFile(cmd, o.pcap, mode, func(w io.Writer) error { return rec.Pcapng(w, keys) }); err != nil {
			return err
		}
	}
	if o.keylog != "" {
		return writeFile(cmd, o.keylog, 0o600, rec.WriteKeyLog)
	}
	return nil
}

// writeFile writes all or says why not; "-" is stdout. What is in the file stays
// until all is there that comes in its place: that is made in a file of its own
// first, for a capture may be larger than anybody wants in memory.
func writeFile(cmd *cobra.Command, name string, mode os.FileMode, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(cmd.OutOrStdout())
	}
	made, err := os.CreateTemp("", "simulator-*")
	if err != nil {
		return fmt.Errorf("writing %s: there is no room to make it (TMPDIR names another place): %w", name, err)
	}
	defer func() { err = errors.Join(err, made.Close(), os.Remove(made.Name())) }()
	buffered := bufio.NewWriterSize(made, 1<<20)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		_, err = made.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return usage(fmt.Errorf("cannot write the result: %w", err))
	}
	if _, err := io.Copy(f, made); err != nil {
		return fmt.Errorf("writing %s: %w", name, errors.Join(err, f.Close()))
	}
	return f.Close()
}
