package lab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"fedge/plan"
)

// child is one process of the world: a signaling node and its media nodes.
type child struct {
	cmd    *exec.Cmd
	nodes  []string
	leash  io.Closer     // closed, or gone with us, it ends
	ending atomic.Bool   // we ended it
	done   chan struct{} // closed when it has ended
	err    error         // why, once done is closed
	said   tail          // the end of what it wrote to stderr
}

// spawn starts a process for each signaling node and deals the media nodes out
// among them. Dead nodes are left out of their process.
func (w *World) spawn(ctx context.Context, b *blueprint, configured *plan.Plan) error {
	groups := deal(b)
	for _, nodes := range groups {
		c, err := w.startChild(ctx, configured.Path, nodes)
		if err != nil {
			return err
		}
		w.children = append(w.children, c)
	}
	return nil
}

// deal shares the media nodes out among the signaling nodes, in turn.
func deal(b *blueprint) (groups [][]string) {
	signaling, media := b.plan.Signaling(), b.plan.MediaNodes()
	for i, s := range signaling {
		var group []string
		if !b.dead[s.Name] {
			group = append(group, s.Name)
		}
		for j := i; j < len(media); j += len(signaling) {
			if !b.dead[media[j].Name] {
				group = append(group, media[j].Name)
			}
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// readyLine is what `edge run` prints once every listener is open.
const readyLine = "ready"

func (w *World) startChild(ctx context.Context, planFile string, nodes []string) (*child, error) {
	args := append(slices.Clone(w.cfg.Program[1:]), "--plan", planFile, "--resolver", w.Resolver.String(), "--drain", w.cfg.Drain.String())
	for _, n := range nodes {
		args = append(args, "--node", n)
	}
	c := &child{cmd: exec.Command(w.cfg.Program[0], args...), nodes: nodes, done: make(chan struct{})}
	c.cmd.Stderr = &c.said
	if w.cfg.Output != nil {
		c.cmd.Stderr = io.MultiWriter(&c.said, w.cfg.Output)
	}
	// The node ends when this pipe does: also when we are killed and can ask
	// nobody to end.
	leash, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	c.leash = leash
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("lab: cannot start %s: %w", nodes[0], err)
	}
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		ready <- lines.Scan() && strings.HasPrefix(lines.Text(), readyLine)
		io.Copy(io.Discard, stdout) // so that it never blocks on us
		c.err = c.cmd.Wait()
		if !c.ending.Load() {
			w.cfg.Log.Error("a process of the world has ended by itself", "nodes", nodes, "pid", c.pid(), "error", c.err, "said", c.said.String())
		}
		close(c.done)
	}()
	select {
	case up := <-ready:
		if up {
			return c, nil
		}
		<-c.done
		return nil, fmt.Errorf("lab: %s did not come up: %w: %s", nodes[0], c.err, c.said.String())
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), c.stop())
	}
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) holds(node string) bool { return slices.Contains(c.nodes, node) }

// patience is how long a process may take to drain before it is killed.
const patience = 5 * time.Second

// stop asks the process to drain, and waits for it.
func (c *child) stop() error {
	select {
	case <-c.done:
		return nil // it was killed on purpose, or has said why itself
	default:
	}
	c.ending.Store(true)
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return c.kill()
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-c.done:
		return nil
	case <-late.C:
		return c.kill()
	}
}

// kill ends the process as a power failure would.
func (c *child) kill() error {
	c.ending.Store(true)
	err := c.cmd.Process.Kill()
	<-c.done
	return err
}

// ErrNotRunning means that a node has no process of its own, or none any more.
var ErrNotRunning = errors.New("lab: the node is not running in a process of its own")

// Kill ends the process that holds a node, without warning, and returns when
// it is gone.
func (w *World) Kill(node string) error {
	for _, c := range w.children {
		if c.holds(node) {
			return c.kill()
		}
	}
	return fmt.Errorf("%w: %s", ErrNotRunning, node)
}

// tail keeps the end of what a process wrote, for the error that quotes it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = t.kept[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}
