package lync

import (
	"bytes"
	"slices"
	"sync"
	"time"
)

// Refusal is a call that we did not let in, with what the partner did not
// see: why. A connection whose certificate is not good enough is one too, without
// Peer, CallID and Invite.
type Refusal struct {
	At         time.Time
	Peer       []string // names that the client certificate proves
	From       string   // the From value as received; a connection's address
	CallID     string
	Diagnostic *Diagnostic
	Invite     []byte
}

// Surprise is a message that has no place in any call: an error of the peer.
type Surprise struct {
	At      time.Time
	Peer    string
	Reason  string
	Message []byte
}

// journalRoom is how many entries of each kind are kept.
const journalRoom = 256

// journal keeps what an organisation's operator would look at.
type journal struct {
	mu        sync.Mutex
	refusals  []Refusal
	surprises []Surprise
}

func (j *journal) refuse(r Refusal) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refusals = append(j.refusals[max(0, len(j.refusals)-journalRoom+1):], r)
}

func (j *journal) surprise(at time.Time, peer, reason string, message []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.surprises = append(j.surprises[max(0, len(j.surprises)-journalRoom+1):], Surprise{at, peer, reason, bytes.Clone(message)})
}

// Refused are the calls that our Edge did not let in, the last 256 at most.
func (o *Org) Refused() []Refusal {
	o.journal.mu.Lock()
	defer o.journal.mu.Unlock()
	return slices.Clone(o.journal.refusals)
}

// Unexpected are the messages that had no place, the last 256 at most.
func (o *Org) Unexpected() []Surprise {
	o.journal.mu.Lock()
	defer o.journal.mu.Unlock()
	return slices.Clone(o.journal.surprises)
}
