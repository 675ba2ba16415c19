package edge

import "sync"

// crew is a group of goroutines that is waited for once and then starts no
// more; a bare WaitGroup may not grow while it is being waited for.
type crew struct {
	mu      sync.Mutex
	off     bool
	running sync.WaitGroup
}

// start runs f on a goroutine of its own, unless the crew has been dismissed.
func (c *crew) start(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off {
		return false
	}
	c.running.Go(f)
	return true
}

// dismiss waits for everybody and starts nobody any more.
func (c *crew) dismiss() {
	c.mu.Lock()
	c.off = true
	c.mu.Unlock()
	c.running.Wait()
}
