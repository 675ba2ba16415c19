package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fedge/certs"
	"fedge/plan"
)

// TestMain lets the test binary be the command, so that exit codes and signals
// are those of a process.
func TestMain(m *testing.M) {
	if os.Getenv("FEDGE_BE_EDGE") != "" {
		main()
	}
	os.Exit(m.Run())
}

// deployment is a plan with its files, on loopback addresses of its own.
type deployment struct {
	dir, file string
	plan      *plan.Plan
	root      *certs.Authority
}

func newDeployment(t *testing.T, change func(*plan.Plan)) *deployment {
	t.Helper()
	d := &deployment{dir: t.TempDir()}
	d.file = filepath.Join(d.dir, "deployment.yaml")
	// The process ID makes the addresses our own among packages under test.
	pid := os.Getpid()
	at := func(host int) netip.Addr {
		return netip.AddrFrom4([4]byte{127, byte(100 + pid>>8&0x3f), byte(pid), byte(host)})
	}
	d.plan = &plan.Plan{
		Path: d.file, Outbound: true, From: plan.FromAlways, Verify: true,
		Domains:      []plan.Domain{{Name: "vc.example.com", Pool: "sip.vc.example.com"}},
		PublicRanges: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Resolver:     netip.MustParseAddrPort("127.0.0.1:5353"),
		MediaPorts:   plan.PortRange{First: 40000, Last: 40099},
		Certificates: plan.Certificates{
			Roots:       filepath.Join(d.dir, "ca.pem"),
			Certificate: filepath.Join(d.dir, "vc.pem"), Key: filepath.Join(d.dir, "vc-key.pem"),
		},
		Locations: []plan.Location{{Name: "DMZ"}},
		Nodes: []plan.Node{
			{Name: "px01.vc.example.com", Address: at(1), Roles: []plan.Role{plan.Signaling}, Location: "DMZ", Admin: netip.AddrPortFrom(at(1), 9061)},
			{Name: "px03.vc.example.com", Address: at(3), Roles: []plan.Role{plan.Media}, Location: "DMZ", Capacity: 10},
		},
		Rooms: []plan.Room{{Name: "stand-up", Aliases: []string{"stand-up@vc.example.com"}}},
	}
	if change != nil {
		change(d.plan)
	}
	var err error
	if d.root, err = certs.NewAuthority("root", time.Now()); err != nil {
		t.Fatal(err)
	}
	d.issue(t, "vc", d.plan.Names()...)
	d.write(t, "ca.pem", d.root.PEM())
	text, err := d.plan.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, "deployment.yaml", text)
	return d
}

func (d *deployment) issue(t *testing.T, name string, names ...string) tls.Certificate {
	t.Helper()
	c, err := d.root.Issue(certs.Request{CommonName: names[0], Names: names})
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.Write(d.dir, name, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *deployment) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// command is an edge process.
type command struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// start runs the command in a process of its own.
func start(t *testing.T, args ...string) *command {
	t.Helper()
	c := prepare(t, args...)
	c.begin()
	return c
}

// prepare is start before it starts.
func prepare(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c := &command{t: t, cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	c.cmd.Env = append(os.Environ(), "FEDGE_BE_EDGE=1")
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdout = bufio.NewReader(out)
	return c
}

func (c *command) begin() {
	c.t.Helper()
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
}

// line reads one line of stdout; a process that ended gives what there is.
func (c *command) line() string {
	line, err := c.stdout.ReadString('\n')
	if err != nil && err != io.EOF {
		c.t.Fatal(err)
	}
	return line
}

func (c *command) exit() int {
	_, _ = io.Copy(io.Discard, c.stdout)
	_ = c.cmd.Wait() // the exit code says all of it
	return c.cmd.ProcessState.ExitCode()
}

func (c *command) signal(s os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		signal os.Signal
		want   int
	}{
		{"SIGTERM drains and is no failure", syscall.SIGTERM, 0},
		{"SIGINT is an interruption", os.Interrupt, 130},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDeployment(t, nil)
			c := start(t, "run", "--plan", d.file, "--node", "px01.vc.example.com", "--node", "px03.vc.example.com")
			ready := c.line()
			want := fmt.Sprintf("ready px01.vc.example.com=%s:5061 admin=%s:9061 px03.vc.example.com=%s:5061\n",
				d.plan.Nodes[0].Address, d.plan.Nodes[0].Address, d.plan.Nodes[1].Address)
			if ready != want {
				t.Errorf("got %q, want %q\n%s", ready, want, &c.stderr)
			}
			answer, err := http.Get("http://" + d.plan.Nodes[0].Admin.String() + "/v1/nodes")
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if !strings.Contains(string(text), `"name":"px03.vc.example.com"`) {
				t.Errorf("/v1/nodes: %s", text)
			}
			c.signal(test.signal)
			if code := c.exit(); code != test.want {
				t.Errorf("exit code %d, want %d\n%s", code, test.want, &c.stderr)
			}
		})
	}
}

func TestReadyAsJSON(t *testing.T) {
	d := newDeployment(t, nil)
	c := start(t, "run", "--plan", d.file, "--node", "px03.vc.example.com", "--log-format", "json")
	var r readiness
	if err := json.Unmarshal([]byte(c.line()), &r); err != nil {
		t.Fatalf("%v\n%s", err, &c.stderr)
	}
	if !r.Ready || r.PID != c.cmd.Process.Pid || len(r.Nodes) != 1 || r.Nodes[0].Address.Port() != 5061 {
		t.Errorf("got %+v", r)
	}
	c.signal(syscall.SIGTERM)
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(c.stderr.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("log line is no JSON: %s", line)
		}
	}
}

func TestPortInUse(t *testing.T) {
	d := newDeployment(t, nil)
	first := start(t, "run", "--plan", d.file, "--node", "px03.vc.example.com")
	first.line()
	second := start(t, "run", "--plan", d.file, "--node", "px03.vc.example.com")
	if code := second.exit(); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	text := second.stderr.String()
	for _, want := range []string{d.plan.Nodes[1].Address.String() + ":5061", fmt.Sprintf("(pid %d)", first.cmd.Process.Pid)} {
		if !strings.Contains(text, want) {
			t.Errorf("the message lacks %q: %s", want, text)
		}
	}
	first.signal(syscall.SIGTERM)
	first.exit()
}

func TestRefusals(t *testing.T) {
	d := newDeployment(t, nil)
	other := newDeployment(t, nil)
	mismatch := newDeployment(t, nil)
	mismatch.issue(t, "other", "px01.vc.example.com")
	if err := os.Rename(filepath.Join(mismatch.dir, "other-key.pem"), filepath.Join(mismatch.dir, "vc-key.pem")); err != nil {
		t.Fatal(err)
	}
	other.write(t, "deployment.yaml", []byte("domains: {"))
	open := newDeployment(t, func(p *plan.Plan) { p.Nodes[0].Admin = netip.MustParseAddrPort("192.0.2.1:9061") })
	const px01 = "px01.vc.example.com"
	tests := []struct {
		name string
		args []string
		want int
		text []string
	}{
		{"no plan", []string{"run", "--node", px01}, 2, []string{"--plan"}},
		{"no node", []string{"run", "--plan", d.file}, 2, []string{"--node"}},
		{"a plan that is not there", []string{"run", "--plan", "/nowhere.yaml", "--node", px01}, 2, []string{"/nowhere.yaml"}},
		{"a plan that cannot be read", []string{"run", "--plan", other.file, "--node", px01}, 2, []string{"deployment.yaml"}},
		{"a node that is not in the plan", []string{"run", "--plan", d.file, "--node", "px99.vc.example.com"}, 2, []string{"px99", px01}},
		{"a certificate that does not match its key", []string{"run", "--plan", mismatch.file, "--node", px01}, 2, []string{"vc.pem", "vc-key.pem", "do not belong together"}},
		{"a resolver that is none", []string{"run", "--plan", d.file, "--node", px01, "--resolver", "ns1"}, 2, []string{"--resolver", "ADDR:PORT"}},
		{"one address for two nodes", []string{"run", "--plan", d.file, "--node", px01, "--node", "px03.vc.example.com", "--listen", "127.0.0.1:5061"}, 2, []string{"one node"}},
		{"an address of somebody else", []string{"run", "--plan", d.file, "--node", px01, "--listen", "192.0.2.1:5061"}, 2, []string{"192.0.2.1:5061"}},
		{"admin for everybody", []string{"run", "--plan", open.file, "--node", px01}, 2, []string{"192.0.2.1:9061", "--admin-open"}},
		{"a log format", []string{"run", "--plan", d.file, "--node", px01, "--log-format", "xml"}, 2, []string{"text or json"}},
		{"an unknown flag", []string{"run", "--frobnicate"}, 2, []string{"--frobnicate"}},
		{"an unknown command", []string{"frobnicate"}, 2, []string{"frobnicate"}},
		{"an argument too many", []string{"run", "deployment.yaml"}, 2, []string{"takes no argument"}},
		{"version", []string{"version"}, 0, nil},
		{"help", []string{"--help"}, 0, nil},
		{"nothing", nil, 0, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), test.args, &stdout, &stderr); code != test.want {
				t.Errorf("exit code %d, want %d\n%s%s", code, test.want, &stdout, &stderr)
			}
			for _, part := range test.text {
				if !strings.Contains(stderr.String(), part) {
					t.Errorf("the message lacks %q: %s", part, &stderr)
				}
			}
			if test.want == 0 && stdout.Len() == 0 {
				t.Error("nothing was printed")
			}
			if test.want != 0 && (stdout.Len() != 0 || strings.Count(stderr.String(), "edge: edge:") > 0) {
				t.Errorf("stdout %q, stderr %q", &stdout, &stderr)
			}
		})
	}
}

func TestVersionAsJSON(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"version", "--json"}, &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	var got struct{ Version, Go string }
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || got.Version == "" || got.Go == "" {
		t.Errorf("%s: %v", &stdout, err)
	}
}
