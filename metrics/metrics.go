// Package metrics counts what a node does, for Prometheus.
//
// Names have the prefix edge_ and base units. No label takes unbounded values:
// what is no short word, and what comes after the first few words, counts as
// "other", so that no peer can make the registry grow.
//
// It is the only package that may import Prometheus.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Direction says who began a call or a link.
type Direction string

const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// Handler serves the metrics in Prometheus' text format.
func (r *Registry) Handler() http.Handler {
	if r == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// CallAttempted counts an INVITE that would begin a call.
func (r *Registry) CallAttempted(d Direction) {
	if r != nil {
		r.attempts.WithLabelValues(string(d)).Inc()
	}
}

// CallAnswered counts the final answer to an INVITE by the class of its status,
// and how long the caller waited for the first status that says more than 100
// (session request delay, RFC 6076 §4.3).
func (r *Registry) CallAnswered(d Direction, status int, delay time.Duration) {
	if r == nil {
		return
	}
	r.answers.WithLabelValues(string(d), class(status)).Inc()
	outcome := "failed"
	if status/100 == 2 {
		outcome = "success"
	}
	r.requestDelay.WithLabelValues(string(d), outcome).Observe(delay.Seconds())
}

// CallFailed counts an INVITE that got no final answer; reason is one of a few
// words: timeout, transport, tls, dns, cancelled.
func (r *Registry) CallFailed(d Direction, reason string, delay time.Duration) {
	if r == nil {
		return
	}
	r.failures.WithLabelValues(string(d), r.reasons.limit(reason)).Inc()
	r.requestDelay.WithLabelValues(string(d), "failed").Observe(delay.Seconds())
}

// CallStarted counts a call into those in progress; CallEnded takes it out.
func (r *Registry) CallStarted(d Direction) {
	if r != nil {
		r.calls.WithLabelValues(string(d)).Inc()
	}
}

// CallEnded is the end of a call that was started; reason is one of a few
// words.
func (r *Registry) CallEnded(d Direction, reason string, lasted time.Duration) {
	if r == nil {
		return
	}
	r.calls.WithLabelValues(string(d)).Dec()
	r.ended.WithLabelValues(string(d), r.reasons.limit(reason)).Inc()
	r.duration.WithLabelValues(string(d)).Observe(lasted.Seconds())
}

// LinkOpened counts a link into those that are open; LinkClosed takes it out.
func (r *Registry) LinkOpened(d Direction) {
	if r == nil {
		return
	}
	r.opened.WithLabelValues(string(d)).Inc()
	r.links.WithLabelValues(string(d)).Inc()
}

// LinkClosed is the end of a link that was opened.
func (r *Registry) LinkClosed(d Direction) {
	if r != nil {
		r.links.WithLabelValues(string(d)).Dec()
	}
}

// LinkRefused counts a link that was not let in or could not be made; reason is
// one of a few words: total, per-address, handshake.
func (r *Registry) LinkRefused(d Direction, reason string) {
	if r != nil {
		r.refused.WithLabelValues(string(d), r.reasons.limit(reason)).Inc()
	}
}

// Handshake counts a TLS handshake; result is ok, or one of a few words for
// what failed. The time of those that are ok is kept.
func (r *Registry) Handshake(d Direction, result string, took time.Duration) {
	if r == nil {
		return
	}
	r.handshakes.WithLabelValues(string(d), r.reasons.limit(result)).Inc()
	if result == "ok" {
		r.handshakeTime.WithLabelValues(string(d)).Observe(took.Seconds())
	}
}

// GateRefused counts a message that the named check of the gate refused.
func (r *Registry) GateRefused(check string) {
	if r != nil {
		r.gate.WithLabelValues(r.checks.limit(check)).Inc()
	}
}

// TurnedAway counts a request whose sender may not make it, or not so many;
// reason is one of a few words: distrust, throttle, quarantine.
func (r *Registry) TurnedAway(reason string) {
	if r != nil {
		r.turnedAway.WithLabelValues(r.reasons.limit(reason)).Inc()
	}
}

// Lookup counts a DNS question by type (SRV, A) and outcome: ok, or a dns.Kind.
func (r *Registry) Lookup(kind, outcome string) {
	if r != nil {
		r.lookups.WithLabelValues(r.kinds.limit(kind), r.reasons.limit(outcome)).Inc()
	}
}

// MediaSessions says how many media sessions a media node holds.
func (r *Registry) MediaSessions(node string, sessions int) {
	if r != nil {
		r.media.WithLabelValues(r.nodes.limit(node)).Set(float64(sessions))
	}
}

// MediaLost counts sessions that ended because their media node went silent.
func (r *Registry) MediaLost(node string, sessions int) {
	if r != nil {
		r.mediaLost.WithLabelValues(r.nodes.limit(node)).Add(float64(max(0, sessions)))
	}
}

// Panicked counts a panic that was caught; where is one of a few words: link,
// request, timer, call.
func (r *Registry) Panicked(where string) {
	if r != nil {
		r.panics.WithLabelValues(r.reasons.limit(where)).Inc()
	}
}

// Held is what a node holds for its peers at this moment.
type Held struct{ Transactions, Dialogs int }

// Hold has the figures that now returns exported with the others. It is called
// once.
func (r *Registry) Hold(now func() Held) {
	if r == nil {
		return
	}
	r.level("sip_transactions", "Transactions of requests that came and went.", func() int { return now().Transactions })
	r.level("sip_dialogs", "Dialogs, and INVITEs that may make some.", func() int { return now().Dialogs })
}

// class is 2xx to 6xx, or other.
func class(status int) string {
	if status < 200 || status > 699 {
		return other
	}
	return strconv.Itoa(status/100) + "xx"
}
