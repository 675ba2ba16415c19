package edge

import (
	"math/rand/v2"
	"time"

	"fedge/capture"
	"fedge/mutant"
	"fedge/sip/link"
)

// ping asks the far end of a link for a sign of life (RFC 5626 §3.5.1). What
// does not know it sees empty lines (RFC 3261 §7.5).
var ping = []byte("\r\n\r\n")

// keepAlive pings a link that we opened, so that no firewall on the way forgets
// it and that we learn in time when it has broken; stop ends that. RFC 5626
// §4.4.1 wants 95 to 120 s between two pings. A missing pong alone ends nothing:
// many answer none.
func (e *Edge) keepAlive(l *link.Link) (stop func() bool) {
	pause := func() time.Duration { return e.seconds(95) + rand.N(e.seconds(25)) }
	var beat *time.Timer
	ready := make(chan struct{})
	beat = time.AfterFunc(pause(), func() {
		<-ready
		if !mutant.On("ka.never") && l.Send(ping, capture.Label{Text: "ping"}) == nil {
			beat.Reset(pause())
		}
	})
	close(ready)
	return beat.Stop
}

// seconds is how long so many seconds of the protocol last here.
func (e *Edge) seconds(n int) time.Duration { return e.config.Timers.Seconds(n) }
