package dns

import (
	"net/netip"
	"slices"
	"time"

	rr "github.com/miekg/dns"
)

// Behaviour is how a server treats the questions for a part of its names. Zero
// is well.
type Behaviour struct {
	Code      string        // every question is answered with it and nothing else: SERVFAIL, REFUSED, …; "": the zone's answer
	Silent    bool          // no question is answered; over TCP the connection is closed
	Truncated bool          // over UDP every answer is empty and asks to come again over TCP (RFC 1035 §4.1.1, TC)
	Delay     time.Duration // before each answer
}

// maxDelayed bounds the answers over UDP that wait; more are dropped.
const maxDelayed = 256

// Set puts a zone in place of the one with the same origin, or adds it,
// between two questions.
func (s *Server) Set(zone *Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(zone.origin)
	s.zones = append(s.zones, zone)
}

// Remove takes the zone with this origin away, and what Misbehave set for it.
// Questions for its names are refused from then on, or answered by a zone
// above it.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(Canonical(name))
	delete(s.behaviours, Canonical(name))
}

// drop keeps the slice that others may be reading as it is.
func (s *Server) drop(origin string) {
	s.zones = slices.DeleteFunc(slices.Clone(s.zones), func(z *Zone) bool { return z.origin == origin })
}

// Misbehave rules the answers to questions for this name and the names below
// it, until the next call for it or Remove; the zero Behaviour ends it. Of two
// names the longer rules. Replace and Set change nothing about it.
func (s *Server) Misbehave(name string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b == (Behaviour{}) {
		delete(s.behaviours, Canonical(name))
		return
	}
	if s.behaviours == nil {
		s.behaviours = map[string]Behaviour{}
	}
	s.behaviours[Canonical(name)] = b
}

// behaviour is how the questions for a name are treated.
func (s *Server) behaviour(name string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.behaviours) == 0 {
		return Behaviour{}
	}
	for above := name; ; {
		if b, ok := s.behaviours[above]; ok {
			return b
		}
		next, end := rr.NextLabel(above, 0)
		if end {
			return Behaviour{}
		}
		above = above[next:]
	}
}

// spoil does to a reply what the behaviour says.
func (b Behaviour) spoil(reply *rr.Msg, tcp bool) {
	code, known := rr.StringToRcode[b.Code]
	switch {
	case b.Code != "" && !known:
		code = rr.RcodeServerFailure
		fallthrough
	case known:
		reply.Authoritative = false
		reply.Answer, reply.Ns, reply.Rcode = nil, nil, code
	case b.Truncated && !tcp:
		reply.Answer, reply.Ns, reply.Truncated = nil, nil, true
	}
}

// Asked returns the latest questions for these names and all below them, or for
// any name when none is given; oldest first, 8192 of them at most.
func (s *Server) Asked(below ...string) []Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Question
	for n := range s.asked {
		q := s.asked[(s.oldest+n)%len(s.asked)]
		under := func(name string) bool { return rr.IsSubDomain(rr.Fqdn(Canonical(name)), rr.Fqdn(q.Name)) }
		if len(below) == 0 || slices.ContainsFunc(below, under) {
			found = append(found, q)
		}
	}
	return found
}

// note remembers a question, if need be in place of the oldest one.
func (s *Server) note(q Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) < maxAsked {
		s.asked = append(s.asked, q)
		return
	}
	s.asked[s.oldest] = q
	s.oldest = (s.oldest + 1) % maxAsked
}

// later sends a datagram after a while; it is lost when the server ends, or too
// many wait already.
func (s *Server) later(reply []byte, to netip.AddrPort, after time.Duration) {
	select {
	case s.delayed <- struct{}{}:
	default:
		return
	}
	s.done.Go(func() {
		defer func() { <-s.delayed }()
		if s.pause(after) {
			_, _ = s.udp.WriteToUDPAddrPort(reply, to)
		}
	})
}

// pause waits, and tells whether the server still lives.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.life.Done():
		return false
	}
}
