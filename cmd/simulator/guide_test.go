package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fedge/plan"
)

// TestGuide goes docs/guide.md from its top to its end, as a reader does who
// tries it on the lab: each command that it shows is run in its place. What the
// README shows too is tried there.
func TestGuide(t *testing.T) {
	commands := guideCommands(t)
	example, err := os.ReadFile("../../examples/target.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, args := range commands {
		switch {
		case args[0] == "cp":
			copyPlan(t, args[1], args[2])
		case args[1] == "lab":
			stayUpDuring(t, args[1:])
			t.Chdir("world")
			writeDialler(t)
			writeTarget(t, string(example))
		default:
			follow(t, args[1:])
		}
	}
}

// guideCommands are the guide's commands, split as a shell would.
func guideCommands(t *testing.T) (commands [][]string) {
	t.Helper()
	guide, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`'[^']*'|\S+`)
	for _, line := range regexp.MustCompile(`(?m)^    ((?:simulator|cp) .*)$`).FindAllStringSubmatch(string(guide), -1) {
		if bytes.Contains(readme, []byte("go run ./cmd/"+line[1])) {
			continue
		}
		var args []string
		for _, word := range words.FindAllString(line[1], -1) {
			args = append(args, strings.Trim(word, "'"))
		}
		commands = append(commands, args)
	}
	if len(commands) < 15 {
		t.Fatalf("the guide shows %d commands", len(commands))
	}
	return commands
}

// follow runs a command and puts its output where the guide does. What is
// planned and not yet done must be found missing; all else holds.
func follow(t *testing.T, args []string) {
	t.Helper()
	typedAs := strings.Join(args, " ")
	into := ""
	if at := slices.Index(args, ">"); at >= 0 {
		into, args = args[at+1], args[:at]
	}
	want := holds
	if args[0] == "check" && args[1] == "new.yaml" {
		want = fallsShort
	}
	code, stdout, stderr := typed(t, args...)
	if code != want {
		t.Errorf("%s: exit %d, want %d\n%s%s", typedAs, code, want, stdout, stderr)
	}
	if slices.Contains(args, "--trigger") && !strings.Contains(stdout, "calls out: "+map[int]string{holds: "pass", fallsShort: "fail"}[want]) {
		t.Errorf("%s: no call out was proved\n%s", typedAs, stdout)
	}
	if want == fallsShort && (!strings.Contains(stdout, "CRT-03") || !strings.Contains(stdout, "DNS-09")) {
		t.Errorf("%s: it does not name what is missing\n%s", typedAs, stdout)
	}
	if into == "" {
		return
	}
	if args[1] == "--init" { // and the reader's EDIT
		stdout = strings.Replace(stdout, "  pool: sip.vc.example.com\n", "  pool: sip.vc.example.com\n  expected: {audio: 10, hd: 4, conferences: 2, largest: 7}\n", 1)
		stdout = strings.ReplaceAll(stdout, "  location: dmz\n", "  location: dmz\n  calls: {audio: 172, sd: 22, hd: 9, full_hd: 5}\n")
	}
	if err := os.WriteFile(into, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stayUpDuring starts a command that stays up, and ends it with the test.
func stayUpDuring(t *testing.T, args []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var errs bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, args, in, &errs)
		in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if got := <-code; got != interrupted {
			t.Errorf("%s: exit %d\n%s", strings.Join(args, " "), got, errs.String())
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "resolver ") {
			return
		}
	}
	t.Fatalf("%s did not come up", strings.Join(args, " "))
}

// copyPlan copies the plan, and changes the copy as the guide says: one more
// media node.
func copyPlan(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	last := p.Nodes[len(p.Nodes)-1].Address.Next()
	more := fmt.Sprintf("- name: px06.vc.example.com\n  address: %s\n  roles: [media]\n  location: dmz\nrooms:\n", last)
	if err := os.WriteFile(to, bytes.Replace(text, []byte("rooms:\n"), []byte(more), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeDialler writes the dial.sh of an administrator whose nodes have an
// interface of their own; the test binary is what it calls.
func writeDialler(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(".", "dial.sh"), []byte("#!/bin/sh\nexec '"+self+"' dial\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// writeTarget writes node.yaml, from the example and with the lab's address.
func writeTarget(t *testing.T, example string) {
	t.Helper()
	p, err := plan.Load("deployment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(example, "198.51.100.40:5061", p.Nodes[0].Address.String()+":5061", 1)
	if text == example {
		t.Fatal("the example has another address")
	}
	if err := os.WriteFile("node.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dialOut is what dial.sh comes down to: who is told a node's name finds its
// interface.
func dialOut() int {
	p, err := plan.Load("deployment.yaml")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	n, _ := p.Node(os.Getenv("FEDGE_NODE"))
	call := fmt.Sprintf(`{"room": %q, "to": %q}`, os.Getenv("FEDGE_ROOM"), os.Getenv("FEDGE_TO"))
	answer, err := http.Post("http://"+n.Admin.String()+"/v1/calls", "application/json", strings.NewReader(call))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		fmt.Fprintln(os.Stderr, answer.Status)
		return 1
	}
	return 0
}
