package scenario

import (
	"bytes"
	"time"

	"fedge/loadtest"
	"fedge/lync"
)

// call is one call of a trunk: a machine, and what the load test wants to know
// about it.
type call struct {
	machine *lync.Machine
	due     time.Time // when the plan wanted it
	sent    time.Time // just before its INVITE was handed to the link

	outcome  loadtest.Outcome // if it ends in order from here on
	heard    time.Time        // when the first response other than 100 came
	answered bool
	hangup   time.Time // when to hang up; zero: not, or done
	bye      time.Time // when we hung up; zero: not yet
	over     bool

	wake  time.Time // see timers
	place int
}

// attention is when the call wants to be looked at next, if nothing comes in.
func (c *call) attention() (time.Time, bool) {
	at, ok := c.machine.Deadline()
	if !c.hangup.IsZero() && (!ok || c.hangup.Before(at)) {
		return c.hangup, true
	}
	return at, ok
}

// hear notes the first response that says something.
func (c *call) hear(now time.Time) {
	if c.heard.IsZero() {
		c.heard = now
	}
}

// end settles what the call came to; the first end counts.
func (c *call) end(o loadtest.Outcome) {
	if !c.over {
		c.over, c.outcome = true, o
	}
}

// oddity notes that something was not right although the call goes on.
func (c *call) oddity() {
	if c.outcome == loadtest.OK {
		c.outcome = loadtest.Assertion
	}
}

// servesAudio tells whether an answer takes the audio that was offered: an
// m-line that is there and whose port is not 0 (RFC 3264 §6).
func servesAudio(answer []byte) bool {
	at := bytes.Index(answer, []byte("m=audio "))
	return at >= 0 && (at == 0 || answer[at-1] == '\n') && !bytes.HasPrefix(answer[at:], []byte("m=audio 0 "))
}
