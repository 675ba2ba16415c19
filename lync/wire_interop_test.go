//go:build interop

package lync

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInteropTsharkReadsInvite: what we send is SIP and SDP to Wireshark too, in
// every generation and every variant, and nothing of it is malformed.
func TestInteropTsharkReadsInvite(t *testing.T) {
	for _, gen := range ClientGenerations() {
		p := testProfile(t, gen)
		var dump strings.Builder
		for v := range variants {
			m := testCaller(t, p, v, testOffer(true))
			for _, a := range m.Start(epoch) {
				hexdump(&dump, a.Bytes)
			}
		}
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in.txt"), filepath.Join(dir, "out.pcap")
		if err := os.WriteFile(in, []byte(dump.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, nil, "text2pcap", "-q", "-T", "51012,5060", in, out)
		got := run(t, nil, "tshark", "-r", out, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=;",
			"-e", "sip.Method", "-e", "sip.from.user", "-e", "sdp.media.proto", "-e", "sdp.media_attr", "-e", "_ws.malformed", "-e", "_ws.expert.message")
		lines := strings.Split(strings.TrimSpace(string(got)), "\n")
		if len(lines) != variants {
			t.Fatalf("%s: tshark sees %d packets:\n%s", gen, len(lines), got)
		}
		want := 2 // m-lines
		if gen != "2016" {
			want = 3
		}
		for v, line := range lines {
			f := strings.Split(line, "|")
			if len(f) < 6 || f[0] != "INVITE" || f[1] != "anna" || strings.Count(f[2], "RTP/SAVP") != want || !strings.Contains(line, "crypto") {
				t.Errorf("%s/%d: %.300s", gen, v, line)
			}
			if strings.Contains(strings.ToLower(line), "malformed") {
				t.Errorf("%s/%d is malformed: %s", gen, v, line)
			}
		}
		t.Logf("%s: %d INVITEs, each INVITE from anna with %d m-lines, none malformed", gen, len(lines), want)
	}
}

// hexdump writes one packet as text2pcap reads it.
func hexdump(w *strings.Builder, b []byte) {
	for i := 0; i < len(b); i += 16 {
		fmt.Fprintf(w, "%06x", i)
		for _, c := range b[i:min(i+16, len(b))] {
			w.WriteString(" " + hex.EncodeToString([]byte{c}))
		}
		w.WriteString("\n")
	}
	w.WriteString("\n")
}

func run(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, errs.String())
	}
	return out.Bytes()
}

// TestInteropFfmpegReadsFilm: what went over SRTP decodes to the pictures that
// the counters in the stream promise.
func TestInteropFfmpegReadsFilm(t *testing.T) {
	out := &tape{want: 25, full: make(chan struct{})}
	sender, receiver := videoPair(t, out)
	select {
	case <-out.full:
	case <-time.After(20 * time.Second):
		t.Fatalf("saw %+v", receiver.eye.seen())
	}
	sender.stop()
	receiver.stop()
	gray := run(t, out.bytes.Bytes(), "ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "h264", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	size := ClipWidth * ClipHeight
	if len(gray) < 25*size {
		t.Fatalf("ffmpeg decoded %d frames", len(gray)/size)
	}
	first, q := -1, receiver.quality()[1]
	for i := 0; (i+1)*size <= len(gray); i++ {
		n, ok := ReadBlocks(gray[i*size : (i+1)*size])
		if first < 0 {
			first = n
		}
		if !ok || n != (first+i)%ClipFrames {
			t.Fatalf("picture %d shows %d, %v; the first showed %d", i, n, ok, first)
		}
	}
	if int64(first) != q.FrameCounter[0]%ClipFrames {
		t.Errorf("the first picture shows %d, its counter says %d", first, q.FrameCounter[0])
	}
	t.Logf("ffmpeg decoded %d pictures, numbers %d to %d as the counters say", len(gray)/size, first, (first+len(gray)/size-1)%ClipFrames)
}
