package lync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"fedge/sip/link"
)

// Org is a running organisation. All its methods may be called from any
// goroutine.
type Org struct {
	edge     *Edge
	cfg      Config
	ids      *IDs
	listener net.Listener
	answered chan *Call
	journal  journal
	trunks   trunks
	fates    fates

	// spawn runs f with a context that Stop ends; false once Stop was called.
	spawn func(f func(context.Context)) bool
	stop  func()

	mu    sync.Mutex
	calls map[string]*Call // by Call-ID
	ended recent           // Call-IDs of calls that are over
	count int              // calls begun, which picks variants
}

// answeredRoom is how many answered calls wait for somebody to look at them.
const answeredRoom = 64

// Start brings an organisation up: it listens, if it is told where, and can
// place calls. ctx bounds only the start; Stop ends it.
func Start(ctx context.Context, c Config) (*Org, error) {
	edge, err := NewEdge(c)
	if err != nil {
		return nil, err
	}
	o := &Org{
		edge: edge, cfg: edge.cfg, ids: NewIDs(c.Run), answered: make(chan *Call, answeredRoom),
		calls: make(map[string]*Call), listener: c.Listener,
	}
	if o.listener == nil && c.Listen.IsValid() {
		o.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", c.Listen.String())
		if err != nil {
			return nil, fmt.Errorf("lync: the Access Edge of %s cannot listen: %w", c.Domain, err)
		}
	}
	o.run(context.WithoutCancel(ctx))
	return o, nil
}

// run starts what an organisation does by itself.
func (o *Org) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	var mu sync.Mutex
	stopped := false
	o.spawn = func(f func(context.Context)) bool {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return false
		}
		running.Go(func() { f(ctx) })
		return true
	}
	o.stop = func() {
		mu.Lock()
		stopped = true
		mu.Unlock()
		o.hangUpAll()
		cancel()
		running.Wait()
	}
	if o.listener == nil {
		return
	}
	o.spawn(func(ctx context.Context) {
		cfg := o.edge.serverConfig()
		cfg.Refused = o.connectionRefused
		err := link.Serve(ctx, o.listener, cfg, link.Limits{}, o.serve)
		if err != nil && !errors.Is(err, net.ErrClosed) {
			o.cfg.Log.Error("the Access Edge stopped listening", "domain", o.cfg.Domain, "err", err)
		}
	})
}

// Stop hangs up what is left, closes all links and waits for everything that
// the organisation started.
func (o *Org) Stop() { o.stop() }

// Edge is the organisation's Access Edge, for links of one's own.
func (o *Org) Edge() *Edge { return o.edge }

// Addr is where the Edge listens; zero when it does not.
func (o *Org) Addr() netip.AddrPort {
	if o.listener == nil {
		return netip.AddrPort{}
	}
	tcp, ok := o.listener.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap(), tcp.AddrPort().Port())
}

// Answered yields the calls that nodes placed to our users, once they are
// answered. The channel is bounded: a call that finds no room is answered
// nevertheless, and only the log knows of it.
func (o *Org) Answered() <-chan *Call { return o.answered }

// errStopped is what is said after Stop.
var errStopped = errors.New("lync: the organisation was stopped")

// errBusy is why one call more is not taken.
var errBusy = errors.New("lync: as many calls as Config.Calls allows are up")

// add takes a call into the table.
func (o *Org) add(c *Call) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.calls) >= o.cfg.Calls {
		return errBusy
	}
	if o.calls[c.CallID()] != nil {
		return fmt.Errorf("lync: Call-ID %s is in use", c.CallID())
	}
	o.calls[c.CallID()] = c
	return nil
}

func (o *Org) remove(c *Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.calls[c.CallID()] == c {
		delete(o.calls, c.CallID())
		o.ended.add(c.CallID())
	}
}

// find looks a call up; over tells that there was one lately.
func (o *Org) find(callID string) (c *Call, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[callID], o.ended.has(callID)
}

// variant picks the form of the next call's messages.
func (o *Org) variant() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count++
	return o.count - 1
}

func (o *Org) hangUpAll() {
	o.mu.Lock()
	calls := slices.Collect(maps.Values(o.calls))
	o.mu.Unlock()
	for _, c := range calls {
		c.leave()
	}
	patience := time.After(stopPatience)
	for _, c := range calls {
		select {
		case <-c.Ended():
		case <-patience:
			return
		}
	}
}

// stopPatience is how long Stop waits for nodes to answer BYE.
const stopPatience = 2 * time.Second

// recent remembers the last strings it was given.
type recent struct {
	seen map[string]bool
	ring []string
	next int
}

// recentRoom is how many ended calls are remembered.
const recentRoom = 1024

func (r *recent) add(s string) {
	if r.seen == nil {
		r.seen, r.ring = make(map[string]bool), make([]string, recentRoom)
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = s
	r.seen[s] = true
	r.next = (r.next + 1) % recentRoom
}

func (r *recent) has(s string) bool { return r.seen[s] }
