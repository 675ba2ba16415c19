//go:build interop

package lab_test

import (
	"bytes"
	"context"
	"os/exec"
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
)

// TestInteropVideo: what the node forwards from one client to another is a film
// that ffmpeg decodes, and the number in its pictures goes up with the counter
// in the stream.
func TestInteropVideo(t *testing.T) {
	w := start(t, lab.Config{})
	org := contoso(t, w)
	anna, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: lab.Room, Tone: 443, Video: true})
	if err != nil {
		t.Fatal(err)
	}
	defer anna.Hangup(context.WithoutCancel(t.Context()))
	var film bytes.Buffer // written until the call is over
	ben, err := org.Call(t.Context(), lync.CallSpec{From: "ben", To: lab.Room, Video: true, VideoTo: &film})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 { // seconds of anna's tone; her video comes with it
		if _, err := ben.Listen(t.Context(), time.Second, 443); err != nil {
			t.Fatal(err)
		}
	}
	if err := ben.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-loglevel", "error",
		"-f", "h264", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	cmd.Stdin = &film
	gray, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	size := lync.ClipWidth * lync.ClipHeight
	pictures := len(gray) / size
	if pictures < 20 {
		t.Fatalf("ffmpeg decoded %d pictures of about four seconds", pictures)
	}
	first, advanced := -1, 0
	for i := range pictures {
		n, ok := lync.ReadBlocks(gray[i*size : (i+1)*size])
		if !ok {
			t.Errorf("picture %d shows no number", i)
			continue
		}
		if first < 0 {
			first = n
		}
		if n == (first+i)%lync.ClipFrames {
			advanced++
		}
	}
	var counter []int64
	for _, m := range ben.Quality() {
		if m.Kind == "video" {
			counter = m.FrameCounter
		}
	}
	if advanced != pictures || len(counter) != 2 || counter[0]%lync.ClipFrames != int64(first) || counter[1] <= counter[0] {
		t.Errorf("%d of %d pictures follow each other from %d; counters in the stream: %v", advanced, pictures, first, counter)
	}
	t.Logf("ffmpeg decoded %d pictures from number %d; counters %v", pictures, first, counter)
}
