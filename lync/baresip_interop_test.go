//go:build interop

package lync

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
)

// TestInteropBaresipAnswers: a phone we did not write takes a client's call over
// TLS, insists on SRTP, and both sides can be heard.
func TestInteropBaresipAnswers(t *testing.T) {
	root, err := certs.NewAuthority("interop root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string) tls.Certificate {
		c, err := root.Issue(certs.Request{CommonName: name, Names: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	dir, port := t.TempDir(), freePort(t)
	if err := certs.Write(dir, "phone", issue(pool)); err != nil {
		t.Fatal(err)
	}
	phone := startBaresip(t, dir, port, 1009)
	local := netip.MustParseAddr("127.0.0.1")
	org, err := Start(t.Context(), Config{
		Domain: "contoso.example", Edge: "sip.contoso.example", Certificate: issue("sip.contoso.example"), Roots: root.Pool(),
		Resolver: dns.Records{
			Services: map[string][]dns.SRV{dns.FederationName("vc.example.com"): {{Target: pool, Port: port + 1}}},
			Hosts:    map[string][]netip.Addr{pool: {local}},
		},
		PlainKeys: true, // baresip 1.0.0 chooses the line with MKI and then expects none
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(org.Stop)
	call, err := org.Call(t.Context(), CallSpec{From: "anna", To: "callee@vc.example.com", Tone: 619})
	if err != nil {
		t.Fatalf("%v\n%s", err, phone.said())
	}
	answer := call.Answer()
	t.Logf("baresip answered with crypto tag %d, %s, violations %v", answer.Media[0].CryptoTag, answer.Media[0].Profile, call.Violations())
	heard, err := call.Listen(t.Context(), time.Second, 1009)
	if err != nil {
		t.Fatalf("%v\n%s", err, phone.said())
	}
	if heard.Tones[1009] < 20 || heard.Own > heard.Tones[1009]-40 {
		t.Errorf("we hear %+v", heard)
	}
	if err := call.Hangup(t.Context()); err != nil {
		t.Errorf("%v\n%s", err, phone.said())
	}
	phone.stop()
	samples := phone.recording(t)
	levels := Levels(samples[len(samples)/4:3*len(samples)/4], 619, 1009)
	if levels[0] < 20 {
		t.Errorf("the phone hears us at %.1f dB\n%s", levels[0], phone.said())
	}
	t.Logf("we hear the phone at %.1f dB, ourselves at %.1f dB; the phone hears us at %.1f dB", heard.Tones[1009], heard.Own, levels[0])
	for _, s := range org.Unexpected() {
		t.Errorf("unexpected: %s: %.200s", s.Reason, s.Message)
	}
}

// freePort finds two ports in a row that nobody listens on.
func freePort(t *testing.T) uint16 {
	t.Helper()
	for range 50 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := a.Addr().(*net.TCPAddr).Port
		b, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		a.Close()
		if err == nil {
			b.Close()
			return uint16(port)
		}
	}
	t.Fatal("no two free ports")
	return 0
}

type baresip struct {
	dir string
	cmd *exec.Cmd

	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

// startBaresip waits until the phone says that it is ready.
func startBaresip(t *testing.T, dir string, port uint16, tone float64) *baresip {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/baresip/modules")
	if err != nil || len(found) == 0 {
		found = []string{"/usr/lib/baresip/modules"}
	}
	files := map[string]string{
		"config": fmt.Sprintf(`
net_interface 127.0.0.1
sip_listen 127.0.0.1:%d
sip_certificate %[2]s/both.pem
sip_trans_def tls
audio_source aufile,%[2]s/tone.wav
audio_player aubridge,pseudo
audio_alert aubridge,pseudo
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports 46000-46998
snd_path %[2]s
module_path %[3]s
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module uuid.so
module_tmp account.so
module_app menu.so
`, port, dir, found[0]),
		"accounts": "<sip:callee@vc.example.com;transport=tls>;regint=0;answermode=auto;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1;ptime=20\n",
		"contacts": "\n",
		"tone.wav": string(tonefile(tone, 20*time.Second)),
		"both.pem": readFile(t, dir, "phone.pem") + readFile(t, dir, "phone-key.pem"),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := &baresip{dir: dir, done: make(chan struct{})}
	b.cmd = exec.CommandContext(t.Context(), "baresip", "-f", dir)
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.cmd.Stderr = b.cmd.Stdout
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	ready := make(chan struct{})
	go b.listen(out, ready)
	select {
	case <-ready:
	case <-b.done:
		t.Fatalf("baresip ended:\n%s", b.said())
	case <-time.After(15 * time.Second):
		t.Fatalf("baresip is not ready:\n%s", b.said())
	}
	return b
}

func (b *baresip) listen(out io.Reader, ready chan<- struct{}) {
	defer close(b.done)
	for s := bufio.NewScanner(out); s.Scan(); {
		b.mu.Lock()
		b.text.WriteString(s.Text() + "\n")
		b.mu.Unlock()
		if strings.Contains(s.Text(), "baresip is ready") {
			close(ready)
		}
	}
}

func (b *baresip) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// stop lets the phone close its files.
func (b *baresip) stop() {
	b.cmd.Process.Signal(os.Interrupt)
	<-b.done
	b.cmd.Wait()
}

// recording is what the phone heard, as its sndfile module dumps it.
func (b *baresip) recording(t *testing.T) []int16 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil || len(files) == 0 {
		t.Fatalf("baresip recorded nothing:\n%s", b.said())
	}
	data := []byte(readFile(t, "", files[0]))
	if len(data) < 8000 {
		t.Fatalf("baresip recorded %d bytes:\n%s", len(data), b.said())
	}
	out := make([]int16, (len(data)-44)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(data[44+2*i:]))
	}
	return out
}

func tonefile(hz float64, d time.Duration) []byte {
	n := int(d.Seconds() * sampleRate)
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	out = binary.LittleEndian.AppendUint32(out, uint32(2*n))
	for i := range n {
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(8000*math.Sin(2*math.Pi*hz*float64(i)/sampleRate))))
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
