package conformance

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/capture"
	"fedge/result"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// Stand is what one case works with: the target, connections to it, and
// identifiers of its own, so that a node's log can be searched for a case.
type Stand struct {
	Target Target
	ID     string // the case's

	dial     link.DialFunc
	recorder *capture.Recorder
	began    time.Time
	peers    []*Peer
	notes    []string
	count    int
}

// Note keeps a fact for the report that is no verdict.
func (s *Stand) Note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
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

// Options is the cheapest complete request: the positive control.
func (s *Stand) Options(as Identity) []byte {
	return s.Request("OPTIONS", "sip:"+s.Target.Node, as, s.CallID()).Header("Accept", "application/sdp").Length().Bytes()
}

// control asks for OPTIONS on a connection of its own, as a partner may; only a
// node that answers it is alive, so that silence elsewhere means something. A
// node need not support OPTIONS, but one that calls it a bad request, or refuses
// a proved partner, refuses everything.
func (s *Stand) control(ctx context.Context) error {
	p, err := s.Dial(ctx, s.Target.Partner, liveness)
	if err != nil {
		return err
	}
	answer, err := p.Ask(ctx, s.Options(s.Target.Partner))
	if err != nil {
		return err
	}
	if !slices.Contains([]int{200, 404, 405, 480, 501}, answer.Status()) {
		return &Mismatch{Class: Availability, Expected: "an answer to OPTIONS", Actual: answer.StartLine}
	}
	return p.link.Close()
}

// liveness takes any certificate: a control asks whether the node is alive, the
// cases ask whether it is the right one.
func liveness(settings *tls.Config) { settings.InsecureSkipVerify = true }

// close ends what the case left open. Its errors say nothing about the node.
func (s *Stand) close() {
	for _, p := range s.peers {
		p.link.Abort()
	}
}

// transcript is what was said on the case's own links, inside TLS.
func (s *Stand) transcript() []result.Line {
	return capture.Lines(slices.DeleteFunc(s.recorder.Messages(), func(m capture.Message) bool {
		return !slices.ContainsFunc(s.peers, func(p *Peer) bool { return p.link.ID() == m.Link })
	}))
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
