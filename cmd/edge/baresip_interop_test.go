//go:build interop

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fedge/dns"
	"fedge/plan"
)

// contosoZone says that sip.contoso.example speaks for contoso.example, and
// where it is.
const contosoZone = `$ORIGIN contoso.example.
$TTL 60
@ IN SOA ns.contoso.example. hostmaster.contoso.example. 1 3600 600 86400 60
@ IN NS ns
ns IN A 127.0.0.1
sip IN A %s
_sipfederationtls._tcp IN SRV 1 100 5061 sip
`

// federated is a node with media, a name server that knows contoso, and
// contoso's certificate in one file, as baresip wants it.
func federated(t *testing.T) (d *deployment, node *command, contoso string) {
	t.Helper()
	parse := func(text string) *dns.Zone {
		zone, err := dns.ParseZone(text)
		if err != nil {
			t.Fatal(err)
		}
		return zone
	}
	server, err := dns.Serve(context.Background(), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	d = newDeployment(t, func(p *plan.Plan) { p.Resolver = server.Addr() })
	contosoAt := d.beside(calledPhone)
	server.Replace(parse(fmt.Sprintf(contosoZone, contosoAt)), parse(d.plan.Zone())) // ACK and BYE go to the node's name
	d.issue(t, "contoso", "sip.contoso.example")
	var both []byte
	for _, name := range []string{"contoso.pem", "contoso-key.pem"} {
		text, err := os.ReadFile(filepath.Join(d.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	d.write(t, "contoso-both.pem", both)
	node = start(t, "run", "--plan", d.file, "--node", "px01.vc.example.com", "--node", "px03.vc.example.com", "-v")
	if ready := node.line(); !strings.HasPrefix(ready, "ready") {
		t.Fatalf("%q\n%s", ready, &node.stderr)
	}
	return d, node, filepath.Join(d.dir, "contoso-both.pem")
}

// calledPhone is the last byte of the address that contoso's record leads to.
const calledPhone = 29

// beside is another loopback address of this test's own.
func (d *deployment) beside(host byte) netip.Addr {
	at := d.plan.Nodes[0].Address.As4()
	at[3] = host
	return netip.AddrFrom4(at)
}

// phone is a baresip of a contoso user who plays one tone and records what is
// heard.
type phone struct {
	t      *testing.T
	dir    string
	output bytes.Buffer
}

func newPhone(t *testing.T, d *deployment, certificate, user string, host byte, tone float64) *phone {
	t.Helper()
	p := &phone{t: t, dir: t.TempDir()}
	at := d.beside(host)
	p.write("tone.wav", wav(tone, 30*time.Second))
	p.write("config", fmt.Appendf(nil, `sip_listen %s:5060
sip_certificate %s
sip_cafile %s
sip_trans_def tls
net_interface %s
dns_server %s
rtp_ports 42000-42099
rtp_stats yes
audio_source aufile,%s
audio_player aubridge,nil
audio_alert aubridge,nil
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
snd_path %s
`, at, certificate, d.plan.Certificates.Roots, at, d.plan.Resolver, filepath.Join(p.dir, "tone.wav"), p.dir))
	p.write("accounts", fmt.Appendf(nil, "\"%s\" <sip:%s@contoso.example>;regint=0;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1;ptime=20\n", user, user))
	return p
}

func (p *phone) write(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// dial calls and hangs up after seconds; it returns when baresip has ended.
func (p *phone) dial(uri string, seconds int) { p.run(&p.output, seconds, "-e", "/dial "+uri) }

// run is baresip's life: so many seconds.
func (p *phone) run(output io.Writer, seconds int, args ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds+20)*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "baresip", append([]string{"-f", p.dir, "-t", fmt.Sprint(seconds)}, args...)...)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		p.t.Errorf("baresip: %v", err)
	}
}

// heard reads the recording of what came from the node.
func (p *phone) heard() []int16 {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil || len(files) != 1 {
		p.t.Fatalf("recordings: %v, %v\n%s", files, err, &p.output)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	_, samples, ok := bytes.Cut(data, []byte("data"))
	if !ok || len(samples) < 4 {
		p.t.Fatalf("%s is no WAV file", files[0])
	}
	samples = samples[4:]
	heard := make([]int16, len(samples)/2)
	for n := range heard {
		heard[n] = int16(binary.LittleEndian.Uint16(samples[2*n:]))
	}
	return heard
}

// Two phones that we did not write talk through the node: each hears the
// other's tone, and not its own.
func TestInteropBaresip(t *testing.T) {
	d, node, certificate := federated(t)
	anna, bob := newPhone(t, d, certificate, "anna", 21, 440), newPhone(t, d, certificate, "bob", 22, 650)
	// The node's own address is accepted as the host of the room.
	uri := fmt.Sprintf("sip:stand-up@%s:5061;transport=tls", d.plan.Nodes[0].Address)
	var calls sync.WaitGroup
	calls.Go(func() { anna.dial(uri, 8) })
	calls.Go(func() { bob.dial(uri, 8) })
	calls.Wait()
	t.Logf("baresip printed:\n%s", &anna.output)
	for _, p := range []*phone{anna, bob} {
		for _, want := range []string{"Call established", "SRTP is Enabled"} {
			if !strings.Contains(p.output.String(), want) {
				t.Errorf("baresip did not print %q:\n%s", want, &p.output)
			}
		}
	}
	if !t.Failed() {
		for _, test := range []struct {
			p           *phone
			other, self float64
		}{{anna, 650, 440}, {bob, 440, 650}} {
			heard := test.p.heard()
			other, self := level(heard, test.other), level(heard, test.self)
			t.Logf("heard %.0f Hz at %.1f dB, %.0f Hz (its own) at %.1f dB", test.other, other, test.self, self)
			if other < -30 || other-self < 40 {
				t.Errorf("heard %.0f Hz at %.1f dB and its own %.0f Hz at %.1f dB; want the other and not itself", test.other, other, test.self, self)
			}
		}
	}
	// When the phones are gone, so are their calls.
	answer, err := http.Get("http://" + d.plan.Nodes[0].Admin.String() + "/v1/calls")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	var left []json.RawMessage
	if err := json.Unmarshal(text, &left); err != nil || len(left) != 0 {
		t.Errorf("calls that are left: %s (%v)", text, err)
	}
	node.signal(syscall.SIGTERM)
	if code := node.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("the node logged:\n%s", &node.stderr)
}

// A phone that claims another domain than its certificate proves gets 403.
func TestInteropBaresipDistrusted(t *testing.T) {
	d, node, certificate := federated(t)
	eve := newPhone(t, d, certificate, "eve", 23, 440)
	eve.write("accounts", []byte("<sip:eve@other.contoso.example>;regint=0;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1\n"))
	eve.dial(fmt.Sprintf("sip:stand-up@%s:5061;transport=tls", d.plan.Nodes[0].Address), 3)
	node.signal(syscall.SIGTERM)
	node.exit()
	if !strings.Contains(eve.output.String(), "403 Forbidden") {
		t.Errorf("baresip did not print 403:\n%s\n%s", &eve.output, &node.stderr)
	}
}

// The node calls a phone that we did not write, found by SRV; the phone hangs
// up, over a link of its own.
func TestInteropBaresipCalled(t *testing.T) {
	d, node, certificate := federated(t)
	anna := newPhone(t, d, certificate, "anna", calledPhone, 440)
	anna.write("accounts", []byte("<sip:anna@contoso.example>;regint=0;answermode=auto;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1;ptime=20\n"))
	var life sync.WaitGroup
	listening := &until{w: &anna.output, want: "baresip is ready", seen: make(chan struct{})}
	life.Go(func() { anna.run(listening, 6) })
	<-listening.seen
	calls := "http://" + d.plan.Nodes[0].Admin.String() + "/v1/calls"
	answer, err := http.Post(calls, "application/json", strings.NewReader(`{"room":"stand-up","to":"anna@contoso.example","from":"sip:u@10.0.0.5","name":"Žofie"}`))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("POST /v1/calls: %s: %s", answer.Status, text)
	}
	t.Logf("POST /v1/calls: %s", text)
	life.Wait()
	t.Logf("baresip printed:\n%s", &anna.output)
	for _, want := range []string{"Call established", "SRTP is Enabled", "sip:u@vc.example.com"} {
		if !strings.Contains(anna.output.String(), want) {
			t.Errorf("baresip did not print %q", want)
		}
	}
	node.signal(syscall.SIGTERM)
	if code := node.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("the node logged:\n%s", &node.stderr)
}

// A call over openssl's own TLS, by hand, and no SIP without a certificate.
func TestInteropOpenssl(t *testing.T) {
	d, node, certificate := federated(t)
	options := strings.ReplaceAll(`OPTIONS sip:stand-up@vc.example.com SIP/2.0
Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKbyhand
Max-Forwards: 70
From: <sip:anna@contoso.example>;tag=1
To: <sip:stand-up@vc.example.com>
Call-ID: by-hand
CSeq: 1 OPTIONS
Content-Length: 0

`, "\n", "\r\n")
	shake := func(args ...string) string {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		args = append([]string{"s_client", "-connect", d.plan.Nodes[0].Address.String() + ":5061", "-CAfile", d.plan.Certificates.Roots,
			"-verify_return_error", "-verify_hostname", "px01.vc.example.com", "-ign_eof"}, args...)
		cmd := exec.CommandContext(ctx, "openssl", args...)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		done := make(chan struct{})
		watch := &until{w: &output, want: "Content-Length: 0\r\n\r\n", seen: done}
		cmd.Stdout, cmd.Stderr = watch, watch
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(stdin, options)
		exited := make(chan error, 1)
		go func() { exited <- cmd.Wait() }()
		select {
		case <-done:
			_ = cmd.Process.Kill() // it has shown what we wanted
			<-exited
		case <-exited:
		}
		return output.String()
	}
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		if text := shake(version, "-cert", certificate, "-key", certificate); !strings.Contains(text, "SIP/2.0 200 OK") || !strings.Contains(text, "Verification: OK") {
			t.Errorf("%s with contoso's certificate:\n%s", version, text)
		}
		if text := shake(version); strings.Contains(text, "SIP/2.0") || !strings.Contains(text, "alert") {
			t.Errorf("%s without certificate:\n%s", version, text)
		}
	}
	node.signal(syscall.SIGTERM)
	node.exit()
}

// until passes on what is written and tells when a text has been seen.
type until struct {
	w    *bytes.Buffer
	want string
	once sync.Once
	seen chan struct{}
}

func (u *until) Write(b []byte) (int, error) {
	n, err := u.w.Write(b)
	if strings.Contains(u.w.String(), u.want) {
		u.once.Do(func() { close(u.seen) })
	}
	return n, err
}

const rate = 8000 // of G.711, in Hz

// wav is a mono tone at half scale.
func wav(tone float64, length time.Duration) []byte {
	n := int(length.Seconds() * rate)
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, field := range []any{
		uint32(36 + 2*n), [8]byte([]byte("WAVEfmt ")), uint32(16), uint16(1), uint16(1),
		uint32(rate), uint32(2 * rate), uint16(2), uint16(16), [4]byte([]byte("data")), uint32(2 * n),
	} {
		_ = binary.Write(&b, binary.LittleEndian, field) // a bytes.Buffer takes all
	}
	for i := range n {
		_ = binary.Write(&b, binary.LittleEndian, int16(16000*math.Sin(2*math.Pi*tone*float64(i)/rate)))
	}
	return b.Bytes()
}

// level is a tone's level in dB below full scale over the middle third of a
// recording, by Goertzel's algorithm.
func level(samples []int16, tone float64) float64 {
	samples = samples[len(samples)/3 : 2*len(samples)/3]
	w := 2 * math.Cos(2*math.Pi*tone/rate)
	var s0, s1, s2 float64
	for n, sample := range samples {
		window := 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(len(samples)))
		s0 = float64(sample)/32768*window + w*s1 - s2
		s2, s1 = s1, s0
	}
	power := s1*s1 + s2*s2 - w*s1*s2
	return 20 * math.Log10(math.Sqrt(power)*4/float64(len(samples))+1e-9)
}
