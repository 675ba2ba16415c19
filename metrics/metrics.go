// Package metrics counts what a node does, for Prometheus.
//
// Names follow the catalogue of measuring-and-libraries A7 with the prefix
// edge_; units are base units. No label takes unbounded values.
//
// It is the only package that may import Prometheus.
package metrics

import (
	"net/http"
	"time"
)

// Direction says who began a call or a link.
type Direction string

const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// Registry holds the metrics of one node. A nil Registry counts nothing. It may
// be used by many goroutines.
type Registry struct{}

// New makes a registry of its own; nothing is global.
func New() *Registry { return &Registry{} }

// Handler serves the metrics in Prometheus' text format.
func (r *Registry) Handler() http.Handler { return nil }

// CallAttempted counts an INVITE that would begin a call.
func (r *Registry) CallAttempted(d Direction) {}

// CallAnswered counts the final answer to an INVITE by its class, and how long
// it took from the INVITE to the first sign of life beyond 100 (RFC 6076 §4.3).
func (r *Registry) CallAnswered(d Direction, status int, delay time.Duration) {}

// CallFailed counts an INVITE that got no final answer; reason is one of a few
// words: timeout, transport, tls, dns, cancelled.
func (r *Registry) CallFailed(d Direction, reason string, delay time.Duration) {}

// CallStarted and CallEnded keep the number of calls in progress. CallEnded
// also counts why; reason is one of a few words.
func (r *Registry) CallStarted(d Direction) {}

// CallEnded is the end of a call that was started.
func (r *Registry) CallEnded(d Direction, reason string, lasted time.Duration) {}

// LinkOpened and LinkClosed keep the number of open links.
func (r *Registry) LinkOpened(d Direction) {}

// LinkClosed is the end of a link that was opened.
func (r *Registry) LinkClosed(d Direction) {}

// LinkRefused counts a link that was not let in or could not be made; reason is
// one of a few words: total, per-address, handshake, …
func (r *Registry) LinkRefused(d Direction, reason string) {}

// Handshake counts a TLS handshake: ok, or one of a few words for what failed.
func (r *Registry) Handshake(d Direction, result string, took time.Duration) {}

// GateRefused counts a message that the named check of the gate refused.
func (r *Registry) GateRefused(check string) {}

// Lookup counts a DNS question by type (SRV, A) and outcome: ok, or a dns.Kind.
func (r *Registry) Lookup(kind, outcome string) {}

// MediaSessions says how many media sessions a media node holds.
func (r *Registry) MediaSessions(node string, sessions int) {}

// MediaLost counts sessions that ended because their media node went silent.
func (r *Registry) MediaLost(node string, sessions int) {}
