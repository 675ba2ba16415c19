package main

import (
	"bufio"
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReloadOnHangup: SIGHUP brings the certificate that is on disk now; one
// that does not match its key leaves the old one in place.
func TestReloadOnHangup(t *testing.T) {
	const px01 = "px01.vc.example.com"
	d := newDeployment(t, nil)
	c := prepare(t, "run", "--plan", d.file, "--node", px01)
	c.cmd.Stderr = nil
	pipe, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.begin()
	c.line()
	log := bufio.NewScanner(pipe)
	hangUp := func(said string) {
		t.Helper()
		c.signal(syscall.SIGHUP)
		for log.Scan() {
			if strings.Contains(log.Text(), said) {
				return
			}
		}
		t.Fatalf("the log ended without %q", said)
	}
	shows := func(want tls.Certificate) {
		t.Helper()
		config := &tls.Config{InsecureSkipVerify: true} // which certificate it is, is asked here
		link, err := tls.Dial("tcp", d.plan.Nodes[0].Address.String()+":5061", config)
		if err != nil {
			t.Fatal(err)
		}
		defer link.Close()
		if got := link.ConnectionState().PeerCertificates[0]; !got.Equal(want.Leaf) {
			t.Errorf("it shows certificate %x, want %x", got.SerialNumber, want.Leaf.SerialNumber)
		}
	}

	second := d.issue(t, "vc", d.plan.Names()...)
	hangUp("credentials renewed")
	shows(second)

	d.issue(t, "other", px01)
	if err := os.Rename(filepath.Join(d.dir, "other-key.pem"), filepath.Join(d.dir, "vc-key.pem")); err != nil {
		t.Fatal(err)
	}
	hangUp("credentials not renewed")
	shows(second)

	c.signal(syscall.SIGTERM)
	for log.Scan() { // to its end, or the process could not write it
	}
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
