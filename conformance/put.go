package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"fedge/capture"
	"fedge/sip/raw"
)

// Reaction is what a node made of bytes that need not be a message.
type Reaction struct {
	Answer *raw.Message   // the first final response that is not the probe's; nil: none
	Said   []*raw.Message // everything else but the probe's answer: provisional responses, more finals, requests
	Usable bool           // the OPTIONS sent behind the bytes was answered on the same connection
	Closed bool           // the connection went away
	Sent   []byte
	what   string
}

// Put sends bytes as they are, then a good OPTIONS, and returns what the node
// made of them: the OPTIONS bounds how long silence has to be watched. With
// answered it waits for a final response too; without, the OPTIONS or the end of
// the connection is enough. A node that neither answers nor closes within the
// step time is a Mismatch: it hangs.
//
// An INVITE that is answered is acknowledged, and hung up if it was taken.
func (s *Stand) Put(ctx context.Context, p *Peer, what string, message []byte, answered bool) (Reaction, error) {
	r := Reaction{what: what, Sent: message}
	if err := p.Send(message, what); err != nil {
		return r, p.lost(what, err)
	}
	err := s.react(ctx, p, &r, answered)
	if err == nil && r.Answer != nil {
		s.settle(ctx, p, message, r.Answer)
	}
	return r, err
}

// react probes and reads until the reaction is complete.
func (s *Stand) react(ctx context.Context, p *Peer, r *Reaction, answered bool) error {
	probe, err := raw.Parse(s.Options(s.Target.Partner))
	if err != nil {
		return err
	}
	if err := p.Send(probe.Bytes, "OPTIONS"); err != nil && !gone(err) {
		return err
	}
	if err := p.until(ctx, p.step); err != nil && !gone(err) {
		return err
	}
	for !r.complete(answered) {
		e, err := p.next()
		switch {
		case err == nil && e.Message == nil:
			p.link.Received([]byte("\r\n"), capture.Label{Text: keepAlive(e.KeepAlive)})
		case err == nil:
			p.received(e.Message)
			r.heard(e.Message, probe)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return r.hung(answered, p.step)
		case gone(err), errors.Is(err, io.EOF):
			r.Closed = true
		default:
			return p.lost(r.what, err)
		}
	}
	return nil
}

func (r *Reaction) complete(answered bool) bool {
	return r.Closed || r.Usable && (r.Answer != nil || !answered)
}

// heard sorts one message of the node's.
func (r *Reaction) heard(m, probe *raw.Message) {
	switch {
	case raw.And(raw.Final(), raw.InCall(probe.CallID()))(m):
		r.Usable = true
	case r.Answer == nil && raw.Final()(m):
		r.Answer = m
	default:
		r.Said = append(r.Said, m)
	}
}

func (r *Reaction) hung(answered bool, step time.Duration) error {
	expected := "an answer to OPTIONS behind " + r.what + ", or the end of the connection"
	if answered && r.Answer == nil {
		expected = "a final response to " + r.what
	}
	return &Mismatch{Class: Silence, Expected: expected, Actual: fmt.Sprintf("nothing within %s", step), Span: step}
}

// settle ends what an answered INVITE began; its outcome is no verdict.
func (s *Stand) settle(ctx context.Context, p *Peer, message []byte, answer *raw.Message) {
	request, err := raw.Parse(message)
	if err != nil || request.Method() != "INVITE" {
		return
	}
	call := Answered(s, p, request, answer)
	var reply []byte
	if kind, _ := raw.MediaType(request.Get("Content-Type")); answer.Status() < 300 && kind != "application/sdp" && !strings.HasPrefix(kind, "multipart/") {
		reply = s.AnswerFor(answer.Body) // to what the node has offered
	}
	if err := call.AckFor(request, answer, reply); err != nil || answer.Status() >= 300 {
		return
	}
	call.cseq, _ = request.CSeq()
	call.Hangup(ctx)
}

// Status demands one of the final status codes.
func (r *Reaction) Status(codes ...int) error {
	return r.owed(fmt.Sprintf("%s to %s", list(codes), r.what), func(status int) bool { return slices.Contains(codes, status) })
}

// Taken demands that an INVITE was answered by a room: 200 with Contact and a
// description.
func (r *Reaction) Taken() error {
	if err := r.Status(200); err != nil {
		return err
	}
	kind, _ := raw.MediaType(r.Answer.Get("Content-Type"))
	if !r.Answer.Has("Contact") || kind != "application/sdp" || len(r.Answer.Body) == 0 {
		return &Mismatch{Class: Content, Expected: "Contact and a session description in the 200 to " + r.what, Actual: "Contact: " + r.Answer.Get("Contact") + ", Content-Type: " + kind}
	}
	return nil
}

// Refused demands the status, or the end of the connection: what is owed where
// the next message can no longer be found.
func (r *Reaction) Refused(codes ...int) error {
	if r.Answer == nil && r.Closed {
		return nil
	}
	return r.Status(codes...)
}

// Understood demands an answer that shows that the request was read: any but
// those that call it malformed, too long or beyond the node.
func (r *Reaction) Understood() error {
	beyond := []int{400, 413, 414, 416, 493, 500, 502, 503, 505, 513}
	return r.owed("an answer to "+r.what+" that does not call it malformed", func(status int) bool {
		return !slices.Contains(beyond, status)
	})
}

// NotTaken demands a refusal, whichever: nobody is there by that name.
func (r *Reaction) NotTaken() error {
	if err := r.owed("a refusal of "+r.what, func(int) bool { return true }); err != nil {
		return err
	}
	if r.Answer.Status() < 300 {
		return &Mismatch{Class: Accepted, Expected: "a refusal of " + r.what, Actual: r.Answer.StartLine}
	}
	return nil
}

// Ignored demands that nothing at all came back and that the connection lives.
func (r *Reaction) Ignored() error {
	if r.Answer != nil {
		return &Mismatch{Class: Accepted, Expected: "no answer to " + r.what, Actual: r.Answer.StartLine}
	}
	if r.Closed {
		return &Mismatch{Class: Closed, Expected: "nothing but the answer to OPTIONS after " + r.what, Actual: "the connection was closed"}
	}
	return r.quiet()
}

// quiet demands that the node sent no request of its own but OPTIONS.
func (r *Reaction) quiet() error {
	for _, m := range r.Said {
		if m.IsRequest() && m.Method() != "OPTIONS" {
			return &Mismatch{Class: Accepted, Expected: "no request because of " + r.what, Actual: m.StartLine}
		}
	}
	return nil
}

// Harmless demands that nobody took the bytes for a call or a registration, and
// that they set off nothing.
func (r *Reaction) Harmless() error {
	if r.Answer != nil && r.Answer.Status() < 300 {
		if !strings.HasPrefix(string(r.Sent), "OPTIONS ") {
			return &Mismatch{Class: Accepted, Expected: "a refusal of " + r.what + ", which is for somebody else", Actual: r.Answer.StartLine}
		}
	}
	return r.quiet()
}

func (r *Reaction) owed(expected string, right func(status int) bool) error {
	switch {
	case r.Answer == nil && r.Closed:
		return &Mismatch{Class: Closed, Expected: expected, Actual: "the connection was closed"}
	case r.Answer == nil:
		return &Mismatch{Class: Silence, Expected: expected, Actual: "nothing, while OPTIONS was answered"}
	case !right(r.Answer.Status()):
		return &Mismatch{Class: Status, Expected: expected, Actual: r.Answer.StartLine}
	}
	return nil
}

// list joins status codes: "400 or 501".
func list(codes []int) string {
	var text strings.Builder
	for i, code := range codes {
		if i > 0 {
			text.WriteString(" or ")
		}
		text.WriteString(fmt.Sprint(code))
	}
	return text.String()
}

// value is what a field's line holds behind its name.
func value(line []byte) string {
	_, v, _ := strings.Cut(string(line), ":")
	return strings.TrimSpace(v)
}
