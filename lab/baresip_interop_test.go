//go:build interop

package lab_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
)

// TestInteropBaresip: a real SIP phone from Debian, a contoso user with
// contoso's certificate, calls a room over TLS with mandatory SRTP while two
// Lync clients are in it. Each hears both others, and not itself.
func TestInteropBaresip(t *testing.T) {
	w := start(t, lab.Config{})
	org := contoso(t, w)
	node := w.Plan.Signaling()[0]
	const desk = 1151.0
	tones := map[string]float64{"anna": 443, "ben": 709}
	calls := map[string]*lync.Call{}
	for user, tone := range tones {
		call, err := org.Call(t.Context(), lync.CallSpec{From: user, To: lab.Room, Tone: tone, Node: node.Address})
		if err != nil {
			t.Fatal(err)
		}
		defer call.Hangup(context.WithoutCancel(t.Context()))
		calls[user] = call
	}
	b := newBaresip(t, w, desk)
	phone := b.dial(t, "sip:meet.alice@"+netip.AddrPortFrom(node.Address, lab.SIPPort).String()+";transport=tls", 8*time.Second)
	for user, call := range calls {
		other := tones[map[string]string{"anna": "ben", "ben": "anna"}[user]]
		both := heardClearly(t, call, desk, other)
		if both.Own-max(both.Tones[desk], both.Tones[other]) > lab.EchoDecibel {
			t.Errorf("%s hears itself at %.1f dB", user, both.Own)
		}
		t.Logf("%s: phone %.1f dB, other client %.1f dB, itself %.1f dB", user, both.Tones[desk], both.Tones[other], both.Own)
	}
	if err := phone.Wait(); err != nil {
		t.Errorf("baresip: %v\n%s", err, b.said.String())
	}
	if !strings.Contains(b.said.String(), "AES_CM_128_HMAC_SHA1_80") {
		t.Errorf("baresip does not say that SRTP is on:\n%s", b.said.String())
	}
	samples := b.recording(t)
	middle := samples[len(samples)/3 : 2*len(samples)/3]
	levels := lync.Levels(middle, tones["anna"], tones["ben"], desk)
	t.Logf("phone: anna %.1f dB, ben %.1f dB, itself %.1f dB", levels[0], levels[1], levels[2])
	if levels[0] < lab.HeardDecibel || levels[1] < lab.HeardDecibel {
		t.Errorf("the phone hears anna at %.1f dB and ben at %.1f dB", levels[0], levels[1])
	}
	if levels[2]-max(levels[0], levels[1]) > lab.EchoDecibel {
		t.Errorf("the phone hears itself at %.1f dB", levels[2])
	}
}

// heardClearly listens until both tones stand so far over the noise that an
// echo could be told from it. On a busy machine a late packet makes noise; an
// echo would be there in every stretch.
func heardClearly(t *testing.T, call *lync.Call, tones ...float64) (heard lync.Heard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	for {
		next, err := call.Listen(ctx, 400*time.Millisecond, tones...)
		if err != nil {
			t.Fatalf("%v; heard at last: %v", err, heard.Tones)
		}
		heard = next
		if min(heard.Tones[tones[0]], heard.Tones[tones[1]]) > -lab.EchoDecibel {
			return heard
		}
	}
}

// baresip is a phone's configuration directory, and what it said.
type baresip struct {
	dir  string
	said bytes.Buffer
}

// newBaresip writes the configuration: one address of the world's, TLS with
// contoso's certificate, mandatory SRTP, a tone from a file, recording to one.
func newBaresip(t *testing.T, w *lab.World, tone float64) *baresip {
	t.Helper()
	b := &baresip{dir: t.TempDir()}
	host := filepath.Join(w.Dir, "sip."+lab.Contoso)
	certificate := read(t, host+".pem") + read(t, host+"-key.pem")
	write(t, filepath.Join(b.dir, "phone.pem"), certificate)
	write(t, filepath.Join(b.dir, "tone.wav"), string(wav(tone, 30*time.Second)))
	at := address(t, w, "phone")
	write(t, filepath.Join(b.dir, "config"), fmt.Sprintf(`
net_interface %[1]s
sip_listen %[1]s:5160
sip_certificate %[2]s/phone.pem
sip_cafile %[3]s/ca.pem
sip_trans_def tls
audio_source aufile,%[2]s/tone.wav
audio_player aubridge,pseudo
audio_alert aubridge,pseudo
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports 45000-45998
rtp_stats yes
snd_path %[2]s
module_path %[4]s
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module uuid.so
module_tmp account.so
module_app menu.so
`, at, b.dir, w.Dir, modules(t)))
	write(t, filepath.Join(b.dir, "accounts"), "<sip:desk@"+lab.Contoso+";transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1;ptime=20\n")
	write(t, filepath.Join(b.dir, "contacts"), "\n")
	return b
}

// modules is where Debian keeps baresip's modules.
func modules(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/baresip/modules")
	if err != nil || len(found) == 0 {
		found, err = filepath.Glob("/usr/lib/baresip/modules")
	}
	if err != nil || len(found) == 0 {
		t.Fatal("baresip's modules are not where Debian puts them")
	}
	return found[0]
}

// dial starts the phone; it hangs up and ends by itself after a while.
func (b *baresip) dial(t *testing.T, uri string, lasts time.Duration) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "baresip", "-f", b.dir, "-t", fmt.Sprint(int(lasts.Seconds())), "-e", "/dial "+uri)
	cmd.Stdout, cmd.Stderr = &b.said, &b.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// recording is what the phone heard: 16-bit mono, as its sndfile module dumps it.
func (b *baresip) recording(t *testing.T) []int16 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil || len(files) == 0 {
		t.Fatalf("baresip recorded nothing:\n%s", b.said.String())
	}
	data := []byte(read(t, files[0]))
	at := bytes.Index(data, []byte("data"))
	if at < 0 || len(data) < at+8+16000 {
		t.Fatalf("%s holds %d bytes", files[0], len(data))
	}
	data = data[at+8:]
	out := make([]int16, len(data)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return out
}

// wav is a tone as a file: 8 kHz, 16 bit, mono.
func wav(hz float64, d time.Duration) []byte {
	n := int(d.Seconds() * 8000)
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	out = binary.LittleEndian.AppendUint32(out, uint32(2*n))
	for i := range n {
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(8000*math.Sin(2*math.Pi*hz*float64(i)/8000))))
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
