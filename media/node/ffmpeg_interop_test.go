//go:build interop

package node

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/media/sdp"
)

// ffmpeg runs until ctx ends; it is killed with the test.
func ffmpeg(t *testing.T, ctx context.Context, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-loglevel", "warning"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("ffmpeg %s\n%s", strings.Join(args, " "), out.String())
		}
	})
	return cmd
}

func inline(k sdp.Key) string { return base64.StdEncoding.EncodeToString(k[:]) }

// protected are the arguments by which ffmpeg sends SRTP to a stream of ours.
func protected(s sdp.Stream) []string {
	return []string{"-f", "rtp", "-srtp_out_suite", "AES_CM_128_HMAC_SHA1_80", "-srtp_out_params", inline(s.Key), "srtp://" + s.Remote.String()}
}

// ffmpeg, which shares no code with us, sends protected audio and video into
// two sessions and records what a third one receives.
func TestFFmpeg(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := boot(t, Config{})
	dir := t.TempDir()

	// The listener sends nothing, so its packets go where its description says;
	// its sockets are ffmpeg's to open.
	listener := newPhone(t, n, "listener", 0, false, sdp.Audio, sdp.Video)
	listener.call("standup")
	for _, c := range append(listener.conns, listener.controls...) {
		c.Close()
	}
	description := fmt.Sprintf("v=0\r\no=- 0 0 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\n"+
		"m=audio %[2]d RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%[3]s\r\n"+
		"m=video %[4]d RTP/SAVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 packetization-mode=1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%[5]s\r\n",
		here, listener.agreed[0].Port, inline(listener.agreed[0].Crypto.Key), listener.agreed[1].Port, inline(listener.agreed[1].Crypto.Key))
	file := filepath.Join(dir, "listener.sdp")
	if err := os.WriteFile(file, []byte(description), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, s := range []struct{ id, hertz string }{{"low", "440"}, {"high", "1100"}} {
		p := newPhone(t, n, s.id, 0, false, sdp.Audio, sdp.Video)
		p.call("standup")
		ffmpeg(t, ctx, append([]string{"-re", "-f", "lavfi", "-i", "sine=frequency=" + s.hertz + ":sample_rate=8000",
			"-c:a", "pcm_mulaw"}, protected(p.agreed[0])...)...)
		if s.id == "low" {
			ffmpeg(t, ctx, append([]string{"-re", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15",
				"-c:v", "libx264", "-profile:v", "baseline", "-tune", "zerolatency", "-g", "15", "-pix_fmt", "yuv420p", "-payload_type", "97"}, protected(p.agreed[1])...)...)
		}
	}
	sound, picture := filepath.Join(dir, "sound.raw"), filepath.Join(dir, "picture.raw")
	recorder := ffmpeg(t, ctx, "-protocol_whitelist", "file,udp,rtp,srtp,crypto", "-i", file,
		"-map", "0:a", "-t", "4", "-f", "s16le", "-ar", "8000", "-ac", "1", sound,
		"-map", "0:v", "-t", "4", "-f", "rawvideo", "-pix_fmt", "gray", picture)
	if err := recorder.Wait(); err != nil {
		t.Fatalf("recording: %v", err)
	}

	raw, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(raw); i += 2 {
		listener.heard = append(listener.heard, int16(binary.LittleEndian.Uint16(raw[i:])))
	}
	if len(listener.heard) < 3*8000 {
		t.Fatalf("recorded %d samples", len(listener.heard))
	}
	// ffmpeg's sine has a peak of 1/8, -18 dB.
	for hertz, want := range map[float64][2]float64{440: {-20, -16}, 1100: {-20, -16}, 700: {-120, -50}} {
		level := listener.power(hertz)
		t.Logf("%4.0f Hz at %.1f dB", hertz, level)
		if level < want[0] || level > want[1] {
			t.Errorf("%.0f Hz at %.1f dB, want %.0f to %.0f", hertz, level, want[0], want[1])
		}
	}
	frames, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	const size = 320 * 180
	changes := 0
	for i := size; i+size <= len(frames); i += size {
		if !bytes.Equal(frames[i-size:i], frames[i:i+size]) {
			changes++
		}
	}
	t.Logf("%d frames of video, %d differ from the one before", len(frames)/size, changes)
	if changes < 20 {
		t.Errorf("the picture moved %d times in %d frames", changes, len(frames)/size)
	}
}
