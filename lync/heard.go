package lync

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"fedge/result"
)

// Heard is what a receiver measured over one stretch of audio.
type Heard struct {
	Tones      map[float64]float64 // Hz to dB over the noise between the tones
	Own        float64             // the call's own tone, dB over the noise; NaN if it has none
	Packets    int                 // received since the call began
	Lost       int
	FirstDelay time.Duration  // from the answer to the first packet
	From       netip.AddrPort // who sent the first packet: the media node
}

// errNoMediaOpen is what Listen says about a call without sockets.
var errNoMediaOpen = &FailedError{Why: "the call has no media: it was placed with MediaNone"}

// Listen waits until d of the peer's audio has arrived from now on, and
// measures it: the tones asked for, the call's own, and the noise between them.
// d is 100 ms to 5 s; 400 ms tell tones 30 Hz apart well. Tones whose
// frequencies are prime numbers do not fall on each other's harmonics.
func (c *Call) Listen(ctx context.Context, d time.Duration, tones ...float64) (Heard, error) {
	if c.media == nil {
		return Heard{}, errNoMediaOpen
	}
	return c.media.listen(ctx, d, tones)
}

// Quality is what the receivers measured over the whole call, audio first. Tones
// are those of CallSpec.Expect and of Listen, dB over the noise in the latest
// second; the call's own tone is given against the weakest of them, so that an
// echo-free call shows -40 dB or less. It may be called when the call is over.
func (c *Call) Quality() []result.Media {
	if c.media == nil {
		return nil
	}
	return c.media.quality()
}

// toneName is how results name a frequency: "437".
func toneName(hz float64) string { return strconv.FormatFloat(hz, 'f', -1, 64) }

// Answer is what a description says, m-line by m-line.
type Answer struct {
	SDP   []byte
	Media []AnswerMedia
}

// AnswerMedia is one m-line.
type AnswerMedia struct {
	Kind      string         // audio, video, applicationsharing
	RTP       netip.AddrPort // where it wants media; invalid: refused
	RTCP      netip.AddrPort
	Profile   string   // RTP/SAVP
	Formats   []string // payload types in order
	CryptoTag int      // of the first crypto line; 0: none
	Mux       bool
	Direction string // sendrecv, sendonly, recvonly, inactive
}
