package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"fedge/capture"
	"fedge/lync"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// maxResponses is how many messages are read while one answer is waited for.
const maxResponses = 16

// options asks what the far end can do (RFC 3261 §11), on a link whose peer
// need not be trusted. The error says why there was no answer.
func (o *observer) options(ctx context.Context, l *link.Link) (*Exchange, error) {
	return o.request(ctx, l, "OPTIONS", "sip:"+o.cfg.Plan.Domains[0].Name, func(b *raw.Builder) { b.Header("Accept", "application/sdp") })
}

// presence asks for the state of a room once, as a contact list does before it
// shows the room as available (RFC 3856 §6.4, RFC 6665 §4.4.3: Expires is 0, so
// nothing is kept).
func (o *observer) presence(ctx context.Context, l *link.Link, room string) *Exchange {
	x, _ := o.request(ctx, l, "SUBSCRIBE", "sip:"+room, func(b *raw.Builder) {
		b.Header("Event", "presence").Header("Accept", "application/pidf+xml").Header("Expires", "0")
	})
	return x
}

// request sends one request and waits for its final response.
func (o *observer) request(ctx context.Context, l *link.Link, method, uri string, more func(*raw.Builder)) (*Exchange, error) {
	x := &Exchange{To: uri}
	callID := rand.Text() + "@" + o.cfg.As.Edge
	b := raw.NewRequest(method, uri).
		Headerf("Via", "SIP/2.0/TLS %s:%d;branch=z9hG4bK%s", o.cfg.As.Edge, plan.Port, rand.Text()).
		Header("Max-Forwards", "70").
		Headerf("From", "<sip:%s@%s>;tag=%s", user, o.cfg.As.Domain, rand.Text()).
		Headerf("To", "<%s>", uri).
		Header("Call-ID", callID).
		Headerf("CSeq", "1 %s", method).
		Headerf("Contact", "<sip:%s:%d;transport=tls>", o.cfg.As.Edge, plan.Port)
	more(b)
	if err := l.Send(b.Length().Bytes(), capture.Label{Text: method, CallID: callID, CSeq: "1 " + method}); err != nil {
		x.Failure = err.Error()
		return x, err
	}
	response, err := o.response(ctx, l, callID)
	if err != nil {
		x.Failure = err.Error()
		return x, err
	}
	x.Status, x.Reason, x.Contact = response.Status(), response.Reason(), response.Get("Contact")
	return x, nil
}

// response reads up to the final response of a call.
func (o *observer) response(ctx context.Context, l *link.Link, callID string) (*raw.Message, error) {
	until := time.Now().Add(o.cfg.Timeout)
	if end, bounded := ctx.Deadline(); bounded && end.Before(until) {
		until = end
	}
	if err := l.SetReadDeadline(until); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, l.Abort)
	defer stop()
	reader := raw.NewReader(l, raw.Limits{})
	for range maxResponses {
		m, err := reader.Next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, &timeoutError{o.cfg.Timeout}
		}
		if err != nil {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		l.Received(m.Bytes, capture.Label{Text: m.Label(), CallID: m.CallID(), CSeq: m.Get("CSeq")})
		if m.Status() >= 200 && m.CallID() == callID {
			return m, nil
		}
	}
	return nil, errDrowned
}

// errDrowned says that the node spoke, and of something else: it neither answered
// nor turned anybody away.
var errDrowned = fmt.Errorf("no answer among %d messages", maxResponses)

// ours tells whether it was we who gave a link up, for what came on it: a flood,
// or something that is no SIP. The node has neither answered nor turned us away.
func ours(err error) bool {
	_, flood := errors.AsType[*lync.Flood](err)
	_, garbage := errors.AsType[*raw.FrameError](err)
	return flood || garbage || errors.Is(err, errDrowned)
}

// timeoutError says that nothing came.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer in %s", e.after) }
func (e *timeoutError) Unwrap() error { return os.ErrDeadlineExceeded }
