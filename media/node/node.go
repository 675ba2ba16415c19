// Package node is a media node: sockets, sessions and the clock that drives
// their conferences. It is the authority on its ports, keys and descriptions;
// signaling opens a session with an offer and passes the answer on as bytes.
//
// A *Node is a pool.Host. Its methods are safe to call from many goroutines.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"fedge/media/session"
)

// Ports is the range of UDP ports a node takes for media, both ends included.
// RTP goes to an even port and RTCP to the next one (RFC 3550 §11).
type Ports struct{ First, Last uint16 }

// Config says what a media node is. Name, Bind and Ports are required.
type Config struct {
	Name     string        // the node's FQDN, as in the plan
	Bind     netip.Addr    // where its sockets listen
	Public   netip.Addr    // what its descriptions say (static NAT); zero: Bind
	Ports    Ports         // zero: 40000-49999
	Capacity int           // sessions it holds at once; zero: 100
	Plain    bool          // accept descriptions without SRTP (default: refuse as incompatible)
	Silence  time.Duration // end a session that is silent for so long; zero: never

	Log     *slog.Logger        // nil: no log
	Publish func(session.Load)  // called every session.Beat, and once at the start; must not block; nil: nobody
	Event   func(session.Event) // a session ended by itself; must not block; nil: nobody
}

// Node is a running media node.
type Node struct {
	cfg Config
}

// Start checks the configuration and starts a media node. It runs until ctx is
// done or Stop is called.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if cfg.Name == "" {
		return nil, errors.New("media node: it has no name: give Config.Name the node's FQDN")
	}
	if !cfg.Bind.IsValid() {
		return nil, fmt.Errorf("media node %s: no address to bind to", cfg.Name)
	}
	return &Node{cfg: cfg}, nil
}

// Open takes one participant's media (see session.Open). The same ID again
// gives the same Answer. Errors are *session.Error: Full, Incompatible,
// Malformed; NodeLost from a node that has stopped.
func (n *Node) Open(ctx context.Context, m session.Open) (session.Answer, error) {
	return session.Answer{}, &session.Error{Reason: session.NodeLost, Detail: "not written yet"}
}

// Update answers a re-INVITE's offer, or makes an offer when m holds none.
// Unknown when there is no such session.
func (n *Node) Update(ctx context.Context, m session.Update) (session.Answer, error) {
	return session.Answer{}, &session.Error{Reason: session.Unknown}
}

// Accept takes the far end's answer to the node's own offer.
func (n *Node) Accept(ctx context.Context, m session.Accept) error {
	return &session.Error{Reason: session.Unknown}
}

// Close ends a session, says BYE in RTCP and frees its ports before it returns.
func (n *Node) Close(ctx context.Context, m session.Close) error { return nil }

// Load is the node's state as it would publish it now.
func (n *Node) Load() session.Load { return session.Load{Node: n.cfg.Name} }

// Stop is sudden death: sockets close, beats end, nobody is told. It returns
// when all the node's goroutines have gone; it must not be called from Publish
// or Event.
func (n *Node) Stop() {}
