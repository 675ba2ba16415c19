package conformance

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"fedge/sip/raw"
)

// Stand is what one case works with: the target, connections to it, and
// identifiers of its own, so that a node's log can be searched for a case.
type Stand struct {
	Target Target
	ID     string // the case's

	drain func() // of a Variant's node
	*trial
}

// callIDPrefix marks every Call-ID of ours.
const callIDPrefix = "fedge-"

// CallID is a fresh one that names the case.
func (s *Stand) CallID() string {
	s.count++
	return fmt.Sprintf(callIDPrefix+"%s-%d-%s", s.ID, s.count, random(6))
}

// Branch is a fresh Via branch (RFC 3261 §8.1.1.7).
func (s *Stand) Branch() string { return "z9hG4bK" + random(12) }

// Tag is a fresh From tag.
func (s *Stand) Tag() string { return random(5) }

// URI is the room under test.
func (s *Stand) URI() string { return "sip:" + s.Target.Alias }

// Request starts a request of a partner's, complete but for its body: Via,
// Max-Forwards, From, To, Call-ID, CSeq and Contact. Cases change it from there.
func (s *Stand) Request(method, uri string, as Identity, callID string) *raw.Builder {
	user := "fedge." + strings.ToLower(s.ID)
	return raw.NewRequest(method, uri).
		Header("Via", "SIP/2.0/TLS "+as.Host+":5061;branch="+s.Branch()).
		Header("Max-Forwards", "70").
		Header("From", "<sip:"+user+"@"+as.Domain+">;tag="+s.Tag()).
		Header("To", "<"+uri+">").
		Header("Call-ID", callID).
		Header("CSeq", "1 "+method).
		Header("Contact", "<sip:"+user+"@"+as.Host+":5061;transport=tls>")
}

// NodeURI is where requests go that are for the node itself, not for a room. A
// telephone knows nobody by its host's name alone: there it is the telephone's
// user (RFC 3261 §11.2: OPTIONS are answered as an INVITE would be).
func (s *Stand) NodeURI() string {
	if s.Target.Self != "" {
		return s.Target.Self
	}
	return "sip:" + s.Target.Node
}

// Options is the cheapest complete request: the positive control.
func (s *Stand) Options(as Identity) []byte {
	return s.Request("OPTIONS", s.NodeURI(), as, s.CallID()).Header("Accept", "application/sdp").Length().Bytes()
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
