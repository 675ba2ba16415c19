package lync

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"fedge/result"
)

// Org is a running organisation. All its methods may be called from any
// goroutine.
type Org struct {
	edge *Edge
}

// Start brings an organisation up: it listens, if it is told where, and can
// place calls. ctx bounds only the start; Stop ends it.
func Start(ctx context.Context, c Config) (*Org, error) {
	return nil, errors.New("lync: Start is not built yet")
}

// Stop hangs up what is left, closes all links and waits for everything that
// the organisation started.
func (o *Org) Stop() {}

// Edge is the organisation's Access Edge, for links of one's own.
func (o *Org) Edge() *Edge { return o.edge }

// Addr is where the Edge listens; zero when it does not.
func (o *Org) Addr() netip.AddrPort { return netip.AddrPort{} }

// CallSpec is a call that one of our users places.
type CallSpec struct {
	From        string     // user or user@domain
	DisplayName string     // plain text; "" leaves the profile's
	To          string     // alias@domain, with or without "sip:"
	Node        netip.Addr // pins the call to one address of the partner; zero: round robin
	Tone        float64    // Hz of what the user plays; 0 is silence
	Expect      []float64  // tones that Quality reports besides
	Video       bool
	MediaNone   bool // describe media but open no sockets
}

// Call places a call and waits for its final response. ctx bounds the wait; when
// it ends the call is cancelled.
//
// Errors: *Diagnostic when the partner could not be reached as an Access Edge
// demands, *RefusedError when it refused, *FailedError when the call failed otherwise.
func (o *Org) Call(ctx context.Context, spec CallSpec) (*Call, error) {
	return nil, errors.New("lync: Call is not built yet")
}

// Answered yields the calls that nodes placed to our users, once they are
// answered. The channel is bounded: a call that finds no room is answered
// nevertheless and counted in the log only.
func (o *Org) Answered() <-chan *Call { return nil }

// Refusal is a call that our Edge did not let in, with what the partner did not
// see: why.
type Refusal struct {
	At         time.Time
	Peer       []string // names that the client certificate proves
	From       string   // the From value as received
	CallID     string
	Diagnostic *Diagnostic
	Invite     []byte
}

// Refused are the calls that our Edge did not let in, the last 256 at most.
func (o *Org) Refused() []Refusal { return nil }

// Surprise is a message that has no place in any call: an error of the peer.
type Surprise struct {
	At      time.Time
	Peer    string
	Reason  string
	Message []byte
}

// Unexpected are the messages that had no place, the last 256 at most.
func (o *Org) Unexpected() []Surprise { return nil }

// RefusedError is a final refusal.
type RefusedError struct {
	Status int
	Reason string // the reason phrase
	Bytes  []byte // the whole response
}

// FailedError is a call that ended without a final response: a lost link, a timeout.
type FailedError struct {
	Why string
	Err error // what happened here, or nil
}

// Call is one call. All its methods may be called from any goroutine.
type Call struct{}

// CallID is the Call-ID.
func (c *Call) CallID() string { return "" }

// Placed tells whether our side placed the call.
func (c *Call) Placed() bool { return false }

// Status is the final response to the INVITE: 200 for a call that stands.
func (c *Call) Status() int { return 0 }

// Node names the peer: the verified name and address of its link.
func (c *Call) Node() (name string, addr netip.AddrPort) { return "", netip.AddrPort{} }

// Received is the peer's first word as it came: the INVITE of a call to us, the
// 2xx of a call of ours.
func (c *Call) Received() []byte { return nil }

// Answer is what the peer's description says; its offer for a call to us.
func (c *Call) Answer() Answer { return Answer{} }

// Hold puts the call on hold by re-INVITE and waits for the answer; Resume takes
// it back.
func (c *Call) Hold(ctx context.Context) error { return nil }

// Resume takes the call off hold.
func (c *Call) Resume(ctx context.Context) error { return nil }

// Hangup ends the call and waits until it is over.
func (c *Call) Hangup(ctx context.Context) error { return nil }

// Ended is closed when the call is over and its media has stopped.
func (c *Call) Ended() <-chan struct{} { return nil }

// Why says why the call is over: "we hung up", "the peer hung up", …; "" while
// it is not.
func (c *Call) Why() string { return "" }

// Listen waits until d of the peer's audio has arrived from now on, and
// measures it: the tones asked for, the call's own, and the noise between them.
func (c *Call) Listen(ctx context.Context, d time.Duration, tones ...float64) (Heard, error) {
	return Heard{}, nil
}

// Quality is what the receivers measured over the whole call, audio first.
func (c *Call) Quality() []result.Media { return nil }

// Violations are the rules that the peer broke in this call.
func (c *Call) Violations() []Violation { return nil }

// Ladder is the call's transcript; empty without a Recorder.
func (c *Call) Ladder() []result.Line { return nil }

// Heard is what a receiver measured over one stretch of audio.
type Heard struct {
	Tones      map[float64]float64 // Hz to dB over the noise between the tones
	Own        float64             // the call's own tone, dB over the noise; NaN if it has none
	Packets    int
	Lost       int
	FirstDelay time.Duration // from the answer to the first packet
	From       netip.AddrPort
}

// Answer is what a description says, m-line by m-line.
type Answer struct {
	SDP   []byte
	Media []AnswerMedia
}

// AnswerMedia is one m-line.
type AnswerMedia struct {
	Kind      string         // audio, video, applicationsharing
	RTP       netip.AddrPort // where it wants media; port 0: refused
	RTCP      netip.AddrPort
	Profile   string   // RTP/SAVP
	Formats   []string // payload types in order
	CryptoTag int      // 0: no crypto line
	Mux       bool
	Direction string // sendrecv, sendonly, recvonly, inactive
}
