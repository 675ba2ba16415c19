package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"fedge/loadtest"
)

// sipp is the peer that others know: a caller and an answerer over TCP (the
// one that Debian packages has no TLS), a process each.
type sipp struct {
	path string // of the program
	dir  string // of its scripts
}

// ErrNoSIPp says that there is nothing to compare with.
var ErrNoSIPp = errors.New("scenario: sipp is not installed (Debian: apt-get install sip-tester)")

// findSIPp looks for the program and writes its scripts to dir. It returns the
// size of their INVITE in any case.
func findSIPp(dir string, crew *crew) (*sipp, int, error) {
	uac, size, err := sippUAC(crew)
	if err != nil {
		return nil, 0, err
	}
	path, err := exec.LookPath("sipp")
	if err != nil {
		return nil, size, ErrNoSIPp
	}
	for name, text := range map[string]string{"uac.xml": uac, "uas.xml": peerUAS} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, 0, fmt.Errorf("scenario: writing sipp's script: %w", err)
		}
	}
	return &sipp{path: path, dir: dir}, size, nil
}

// cost is CPU time and what it was spent on.
type cost struct {
	caller, answerer time.Duration
	idle             time.Duration // of the answerer, in a time as long as the run
	calls            int64
}

// round lets one sipp call another, and returns what both used.
func (s *sipp) round(ctx context.Context, rate float64, length, idle time.Duration) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*length+idle+30*time.Second)
	defer cancel()
	port, err := freePort()
	if err != nil {
		return cost{}, err
	}
	var said bytes.Buffer
	uas := s.command(ctx, &said, "-sf", "uas.xml", "-p", port)
	if err := uas.Start(); err != nil {
		return cost{}, fmt.Errorf("scenario: starting sipp's UAS: %w", err)
	}
	defer func() {
		_ = uas.Process.Kill() // it has no other end
		_ = uas.Wait()
	}()
	if err := waitForListener(ctx, "127.0.0.1:"+port); err != nil {
		return cost{}, fmt.Errorf("scenario: sipp's UAS does not listen: %w: %s", err, tail(said.Bytes()))
	}
	resting, err := spent(ctx, uas.Process.Pid, idle)
	if err != nil {
		return cost{}, err
	}
	calls := int64(rate * length.Seconds())
	before, err := loadtest.ProcessCPU(uas.Process.Pid)
	if err != nil {
		return cost{}, err
	}
	var heard bytes.Buffer
	uac := s.command(ctx, &heard, "-sf", "uac.xml", "-r", strconv.FormatFloat(rate, 'f', -1, 64),
		"-m", strconv.FormatInt(calls, 10), "-l", strconv.FormatInt(calls, 10), "127.0.0.1:"+port)
	if err := uac.Run(); err != nil { // it exits 1 when a call failed
		return cost{}, fmt.Errorf("scenario: sipp's UAC: %w: %s", err, tail(heard.Bytes()))
	}
	after, err := loadtest.ProcessCPU(uas.Process.Pid)
	if err != nil {
		return cost{}, err
	}
	return cost{
		caller:   uac.ProcessState.UserTime() + uac.ProcessState.SystemTime(),
		answerer: after - before,
		idle:     time.Duration(float64(resting) * length.Seconds() / idle.Seconds()),
		calls:    calls,
	}, nil
}

func (s *sipp) command(ctx context.Context, output *bytes.Buffer, args ...string) *exec.Cmd {
	// Its default resolution of 10 ms makes it send ten calls at a time, which
	// costs both ends fewer wake-ups than calls that come one by one.
	same := []string{"-t", "t1", "-i", "127.0.0.1", "-nostdin", "-nd", "-max_socket", "100", "-timer_resol", "1"}
	c := exec.CommandContext(ctx, s.path, append(same, args...)...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "TERM=dumb")
	c.Stdout, c.Stderr = output, output
	return c
}

// spent is the CPU time that a process uses while it is left alone.
func spent(ctx context.Context, pid int, d time.Duration) (time.Duration, error) {
	before, err := loadtest.ProcessCPU(pid)
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	after, err := loadtest.ProcessCPU(pid)
	return after - before, err
}

// freePort is a TCP port of loopback that nobody listens on at the moment.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("scenario: looking for a free port: %w", err)
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, err
}

// waitForListener waits until a program that says nothing of it listens.
func waitForListener(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tail is the end of what a program said.
func tail(b []byte) []byte {
	const much = 600
	return bytes.TrimSpace(b[max(0, len(b)-much):])
}
