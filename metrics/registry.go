package metrics

import (
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Registry holds the metrics of one node. A nil Registry counts nothing. It may
// be used by many goroutines.
type Registry struct {
	registry *prometheus.Registry

	attempts, answers, failures, ended *prometheus.CounterVec
	opened, refused, handshakes        *prometheus.CounterVec
	gate, lookups, mediaLost, panics   *prometheus.CounterVec
	turnedAway                         *prometheus.CounterVec
	calls, links, media                *prometheus.GaugeVec
	requestDelay, duration             *prometheus.HistogramVec
	handshakeTime                      *prometheus.HistogramVec

	reasons, checks, kinds, nodes *words
}

// New makes a registry of its own: nothing is global, and several nodes in one
// process do not mix.
func New() *Registry {
	r := &Registry{
		registry: prometheus.NewRegistry(),
		reasons:  newWords(64), checks: newWords(64), kinds: newWords(8), nodes: newWords(256),
	}
	r.attempts = r.counter("sip_session_attempts_total", "INVITE requests that would begin a call.", "direction")
	r.answers = r.counter("sip_session_answers_total", "Final answers to them, by class of status.", "direction", "class")
	r.failures = r.counter("sip_session_failures_total", "INVITE requests that got no final answer.", "direction", "reason")
	r.requestDelay = r.histogram("sip_session_request_delay_seconds",
		"Time from INVITE to the first status beyond 100 (RFC 6076 section 4.3).", delays(), "direction", "outcome")
	r.calls = r.gauge("sip_sessions_in_progress", "Calls that were answered and have not ended.", "direction")
	r.ended = r.counter("sip_sessions_ended_total", "Calls that have ended, by reason.", "direction", "reason")
	r.duration = r.histogram("sip_session_duration_seconds",
		"Time from a call's answer to its end (RFC 6076 section 4.5).", durations(), "direction")

	r.links = r.gauge("links", "Open TLS links.", "direction")
	r.opened = r.counter("links_opened_total", "TLS links that were opened.", "direction")
	r.refused = r.counter("links_refused_total", "Links that were not let in or could not be made.", "direction", "reason")
	r.handshakes = r.counter("tls_handshakes_total", "TLS handshakes by result.", "direction", "result")
	r.handshakeTime = r.histogram("tls_handshake_seconds", "Time of the TLS handshakes that succeeded.", delays(), "direction")
	r.gate = r.counter("gate_refusals_total", "Messages refused before the SIP stack, by check.", "check")
	r.turnedAway = r.counter("requests_turned_away_total", "Requests of peers that may not make them, or not so many.", "reason")

	r.lookups = r.counter("dns_lookups_total", "DNS questions by type and outcome.", "type", "outcome")
	r.media = r.gauge("media_sessions", "Media sessions that a media node holds.", "node")
	r.mediaLost = r.counter("media_sessions_lost_total", "Sessions that ended because their media node went silent.", "node")

	r.panics = r.counter("panics_total", "Mistakes of ours that a message or a timer set off, by what they ended.", "where")

	r.begin()
	r.build()
	r.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

const namespace = "edge"

func (r *Registry) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.registry.MustRegister(c)
	return c
}

func (r *Registry) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.registry.MustRegister(g)
	return g
}

// level is a gauge that is read when it is asked for.
func (r *Registry) level(name, help string, now func() int) {
	r.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, func() float64 { return float64(now()) }))
}

// histogram keeps classic buckets, whose edges are where verdicts fall, and
// native ones for everything between them.
func (r *Registry) histogram(name, help string, edges []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: edges,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}, labels)
	r.registry.MustRegister(h)
	return h
}

// delays are the edges for what a caller waits for, in seconds: 0.2 and 0.5 are
// the objectives for the 95th and 99th percentile, 0.2 also when 100 is due
// (RFC 3261 §17.2.1), 5 when a call counts as lost, 32 is timer B.
func delays() []float64 {
	return []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 32}
}

// durations are the edges for calls, in seconds: up to eight hours.
func durations() []float64 {
	return []float64{1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800}
}

// build says which program this is.
func (r *Registry) build() {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "goversion": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["goversion"] = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				labels["revision"] = setting.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; its labels say which program this is.", ConstLabels: labels,
	})
	g.Set(1)
	r.registry.MustRegister(g)
}

// begin lets the counters that others watch for a change exist before their
// first count: what is absent cannot be told from what nobody looks at.
func (r *Registry) begin() {
	for _, reason := range []string{"total", "per-address", "handshake"} {
		r.refused.WithLabelValues(string(Inbound), r.reasons.limit(reason))
	}
	for _, d := range []Direction{Inbound, Outbound} {
		r.calls.WithLabelValues(string(d))
	}
	for _, reason := range []string{"distrust", "throttle", "quarantine"} {
		r.turnedAway.WithLabelValues(r.reasons.limit(reason))
	}
	r.gate.WithLabelValues(r.checks.limit("start-line"))
	r.panics.WithLabelValues(r.reasons.limit("call"))
}
