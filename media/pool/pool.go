package pool

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/media/session"
)

// Host is a media node as the pool reaches it: in this process, or over a bus.
// Requests are idempotent by session ID.
type Host interface {
	Open(context.Context, session.Open) (session.Answer, error)
	Update(context.Context, session.Update) (session.Answer, error)
	Accept(context.Context, session.Accept) error
	Close(context.Context, session.Close) error
}

// Config says how a pool chooses.
type Config struct {
	// Overflow lists, for a location, the locations that take over when it is
	// full, in order.
	Overflow map[string][]string
	// Patience is how long one node may take over an Open; zero: session.Lost.
	Patience time.Duration
	Log      *slog.Logger // nil: no log
}

// Pool shares media nodes between calls, and between the edges of a process.
// Its methods are safe to call from many goroutines.
type Pool struct {
	cfg Config

	mu     sync.Mutex
	nodes  []*member         // by name
	leases map[string]*Lease // by session ID
}

// New makes an empty pool. Join nodes to it and call Run.
func New(cfg Config) *Pool {
	if cfg.Patience == 0 {
		cfg.Patience = session.Lost
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Pool{cfg: cfg, leases: map[string]*Lease{}}
}

// Join adds a node, or replaces the host of one that joined before. It counts
// as heard from now.
func (p *Pool) Join(name, location string, capacity int, h Host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.find(name)
	if m == nil {
		m = &member{name: name, own: map[string]int{}}
		p.nodes = append(p.nodes, m)
		slices.SortFunc(p.nodes, byName)
	}
	m.location, m.capacity, m.host = location, capacity, h
	m.alive, m.heard = true, time.Now()
}

// Heard takes a node's Load. A node that never joined is ignored; one that was
// lost is alive again.
func (p *Pool) Heard(load session.Load) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.find(load.Node)
	if m == nil {
		return
	}
	if !m.alive {
		p.cfg.Log.Info("media node is back", "node", m.name)
	}
	m.alive, m.heard = true, time.Now()
	m.take(load)
}

// Ended takes a node's word that a session ended by itself, and passes it to
// the lease. Unknown sessions are ignored.
func (p *Pool) Ended(e session.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.leases[e.ID]; l != nil && l.member.name == e.Node {
		p.end(l, e)
	}
}

// Run watches the nodes until ctx is done: one that was silent for
// session.Lost is out, and its leases end with session.NodeLost.
func (p *Pool) Run(ctx context.Context) {
	tick := time.NewTicker(session.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			p.watch(now)
		}
	}
}

func (p *Pool) watch(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.nodes {
		if !m.alive || now.Sub(m.heard) < session.Lost {
			continue
		}
		m.alive = false
		m.forget()
		ended := 0
		for _, l := range p.leases {
			if l.member == m {
				p.end(l, session.Event{ID: l.id, Node: m.name, Reason: session.NodeLost})
				ended++
			}
		}
		p.cfg.Log.Warn("media node is lost", "node", m.name, "silent", now.Sub(m.heard), "sessions", ended)
	}
}

// end takes a lease off the books and tells its owner why. The owner still
// calls Close, which frees what the node may hold.
func (p *Pool) end(l *Lease, e session.Event) {
	p.drop(l)
	l.ended <- e // holds one event, and drop made sure that it is the first
}

// drop takes a lease off the books; false when it is off already.
func (p *Pool) drop(l *Lease) bool {
	if p.leases[l.id] != l {
		return false
	}
	delete(p.leases, l.id)
	l.member.leave(l.conference)
	return true
}

func (p *Pool) find(name string) *member {
	i, ok := slices.BinarySearchFunc(p.nodes, name, func(m *member, name string) int { return strings.Compare(m.name, name) })
	if !ok {
		return nil
	}
	return p.nodes[i]
}

// NodeState is one node as /v1/nodes shows it.
type NodeState struct {
	Name        string         `json:"name"`
	Location    string         `json:"location"`
	Alive       bool           `json:"alive"`
	Capacity    int            `json:"capacity"`
	Sessions    int            `json:"sessions"`
	Conferences map[string]int `json:"conferences"`
	Packets     uint64         `json:"packets"` // RTP received since the node started
	Heard       time.Time      `json:"heard"`
}

// Nodes is the state of all nodes, by name.
func (p *Pool) Nodes() []NodeState {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]NodeState, 0, len(p.nodes))
	for _, m := range p.nodes {
		states = append(states, NodeState{
			Name: m.name, Location: m.location, Alive: m.alive, Capacity: m.capacity,
			Sessions: m.ours + m.foreign, Conferences: m.conferences(), Packets: m.packets, Heard: m.heard,
		})
	}
	return states
}
