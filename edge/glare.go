package edge

import (
	"math/rand/v2"
	"time"
)

// How long to wait after 491, in hundredths of a second (RFC 3261 §14.1): who
// made up the Call-ID between 2.1 and 4 s, the other at most 2 s, both in steps
// of 10 ms, so that they do not meet again.
const (
	ownerLeast, ownerMost = 210, 400
	otherMost             = 200
)

// crossed tries a refresh that met one of the peer's again.
func (s *sessionTimer) crossed(owner bool) {
	hundredths := rand.IntN(otherMost + 1)
	if owner {
		hundredths = ownerLeast + rand.IntN(ownerMost-ownerLeast+1)
	}
	wait := s.timers.Seconds(1) / 100 * time.Duration(hundredths)
	s.wake(min(wait, time.Until(s.end)))
}
