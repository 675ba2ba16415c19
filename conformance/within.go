package conformance

import "time"

// Within is the same connection, on which one expected message may take longer:
// as long as the timer takes that the case is about.
func (p *Peer) Within(d time.Duration) *Peer {
	patient := *p
	patient.step = d
	return &patient
}
