// Package conformance puts the requirements of SIP federation, one by one, to
// a live node and says which hold.
//
// A Case is data plus one function that returns an error as its verdict: nil
// passes, a *Mismatch is the node's fault, a *Surprise means that the state the
// case needs was never reached, and anything else is our own trouble, which must
// never be counted against the node. The runner puts a positive control before
// and after each case, so that silence can never pass for refusal.
//
// Verdicts read bytes: what was sent and received inside TLS, never the state
// of the code under test.
package conformance

import "context"

// Severity is the normative word of a case's requirement.
type Severity string

const (
	Must   Severity = "MUST"
	Should Severity = "SHOULD"
	May    Severity = "MAY"
)

// Class says in which way a node fell short. A mutant must be killed with the
// class that its case expects: a node that crashed at start is no kill.
type Class string

const (
	Status       Class = "status"       // another status code than the one owed
	Silence      Class = "silence"      // nothing came in time
	Closed       Class = "closed"       // the connection went away: FIN, RST and close_notify are one class
	Content      Class = "content"      // a header or a body is not what it must be
	Handshake    Class = "handshake"    // TLS: refused what must be accepted
	Accepted     Class = "accepted"     // took what must be refused
	Availability Class = "availability" // the control after the case failed
	Unexpected   Class = "unexpected"   // a known failure that passes
)

// Case is one requirement and how to try it.
type Case struct {
	ID          string // permanent, never reused: CON-010
	Title       string
	Requirement string // one sentence: what the node must do
	Severity    Severity
	Refs        []string // where it is written: "RFC 3261 §18.3"
	Needs       Needs
	Mutants     []Mutant
	Destructive bool // may harm a node that is weak: only with leave
	Alone       bool // nothing else runs meanwhile
	Basic       bool // it asks for what the control calls rely on, so none stand around it
	Lasts       int  // seconds of the protocol that timers take which the case waits for, beyond what any case may take
	Run         func(ctx context.Context, s *Stand) error
	Unclaimed   *Unclaimed // instead, where all that the target lacks is to claim the feature; nil: not applicable

	Observation string // why no mutant can exist: the case only records what it sees
	Withdrawn   string // why the case makes no sense; it keeps its ID and has no Run
}

// Needs says what a target must offer before a case makes sense on it.
type Needs struct {
	FromAuthorisation bool // the node claims to check From against the certificate
	ClientCertificate bool // the node claims mutual TLS
	Media             bool // an alias that answers with audio
	SessionTimers     bool // RFC 4028
	Update            bool // RFC 3311
	Reliable          bool // RFC 3262
	EndsCalls         bool // the node ends a call whose offer was never answered, so it sends a request within a call
	OwnDomain         bool // the node serves its domain and no other

	Called    bool // the node can be told to call a partner of ours: one of the case's own, or ourselves
	Trigger   bool // the node can be told to call out
	DNS       bool // zones of ours that the node asks
	Authority bool // certificates of our choosing that the node trusts
	Variant   bool // another node of the same world, set up as the case wants it
	Inside    bool // the node's own figures
}

// Mutant names a defect that the case must catch, and how it shows.
type Mutant struct {
	Name  string
	Class Class
}

// Kills is the usual one mutant of a case.
func Kills(name string, class Class) []Mutant { return []Mutant{{Name: name, Class: class}} }
