// Package node is a media node: sockets, sessions and the clock that drives
// their conferences. It is the authority on its ports, keys and descriptions;
// signaling opens a session with an offer and passes the answer on as bytes.
//
// A *Node is a pool.Host. Its methods are safe to call from many goroutines.
//
// Who owns what: Node.mu guards the tables of sessions, rooms and ports;
// participant.mu keeps the requests for one session apart; room.mu guards a
// conference and the streams in it, for the packets of many sockets and the
// clock. They are taken in the order participant, node, room.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"fedge/media/session"
)

// Ports is the range of UDP ports a node takes for media, both ends included.
// RTP goes to an even port and RTCP to the next one (RFC 3550 §11).
type Ports struct{ First, Last uint16 }

// Config says what a media node is. Name and Bind are required.
type Config struct {
	Name     string        // the node's FQDN, as in the plan
	Bind     netip.Addr    // where its sockets listen
	Public   netip.Addr    // what its descriptions say (static NAT); zero: Bind
	Ports    Ports         // zero: 40000-49999
	Capacity int           // sessions it holds at once; zero: 100
	Plain    bool          // accept descriptions without SRTP (default: refuse as incompatible)
	Silence  time.Duration // end a session that is silent for so long; zero: never

	Log     *slog.Logger        // nil: no log
	Publish func(session.Load)  // called every session.Beat, first at the start; must not block; nil: nobody
	Event   func(session.Event) // a session ended by itself; must not block; nil: nobody
}

// Node is a running media node.
type Node struct {
	cfg     Config
	packets atomic.Uint64 // RTP received
	cancel  context.CancelFunc
	running sync.WaitGroup // clock and beat

	mu       sync.Mutex
	stopped  bool
	sessions map[string]*participant
	rooms    map[string]*room
	ports    ports
}

// Start checks the configuration and starts a media node. It runs until ctx is
// done or Stop is called.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	n := &Node{
		cfg: cfg, cancel: cancel,
		sessions: map[string]*participant{}, rooms: map[string]*room{},
		ports: newPorts(cfg.Ports),
	}
	n.running.Go(func() { n.clock(ctx) })
	n.running.Go(func() { n.beat(ctx) })
	return n, nil
}

// complete checks the configuration and fills in what it leaves open.
func (c *Config) complete() error {
	if c.Name == "" {
		return errors.New("media node: it has no name: give Config.Name the node's FQDN")
	}
	if !c.Bind.IsValid() {
		return fmt.Errorf("media node %s: no address to bind to: give Config.Bind one of this host's", c.Name)
	}
	if !c.Public.IsValid() {
		c.Public = c.Bind
	}
	if c.Public.IsUnspecified() {
		return fmt.Errorf("media node %s: %s cannot be written into a description: give Config.Public the address that packets reach it by", c.Name, c.Public)
	}
	if c.Ports == (Ports{}) {
		c.Ports = Ports{40000, 49999}
	}
	if c.Ports.First == 0 || int(c.Ports.Last)-int(c.Ports.First) < 1 {
		return fmt.Errorf("media node %s: ports %d-%d hold no pair", c.Name, c.Ports.First, c.Ports.Last)
	}
	if c.Capacity == 0 {
		c.Capacity = 100
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("node", c.Name)
	return nil
}

// Load is the node's state as it would publish it now.
func (n *Node) Load() session.Load {
	n.mu.Lock()
	defer n.mu.Unlock()
	load := session.Load{
		Node: n.cfg.Name, Capacity: n.cfg.Capacity, Sessions: len(n.sessions),
		Conferences: make(map[string]int, len(n.rooms)), Packets: n.packets.Load(),
	}
	for name, r := range n.rooms {
		load.Conferences[name] = r.sessions
	}
	return load
}

// Stop is sudden death: sockets close, beats end, nobody is told. It returns
// when all the node's goroutines have gone; it must not be called from Publish
// or Event.
func (n *Node) Stop() {
	n.cancel()
	n.running.Wait()
}

// shut closes everything. Requests under way finish first, later ones fail.
func (n *Node) shut() {
	n.mu.Lock()
	n.stopped = true
	all := make([]*participant, 0, len(n.sessions))
	for _, p := range n.sessions {
		all = append(all, p)
	}
	n.mu.Unlock()
	for _, p := range all {
		p.mu.Lock()
		p.leave(false)
		p.mu.Unlock()
	}
}
