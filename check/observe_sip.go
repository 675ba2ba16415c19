package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"fedge/capture"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// maxResponses is how many messages are read while one answer is waited for.
const maxResponses = 16

// options asks what the far end can do (RFC 3261 §11), on a link whose peer
// need not be trusted.
func (o *observer) options(ctx context.Context, l *link.Link) *Exchange {
	uri := "sip:" + o.cfg.Plan.Domains[0].Name
	x := &Exchange{To: uri}
	callID := rand.Text() + "@" + o.cfg.As.Edge
	request := raw.NewRequest("OPTIONS", uri).
		Headerf("Via", "SIP/2.0/TLS %s:%d;branch=z9hG4bK%s", o.cfg.As.Edge, plan.Port, rand.Text()).
		Header("Max-Forwards", "70").
		Headerf("From", "<sip:%s>;tag=%s", o.cfg.As.Domain, rand.Text()).
		Headerf("To", "<%s>", uri).
		Header("Call-ID", callID).
		Header("CSeq", "1 OPTIONS").
		Headerf("Contact", "<sip:%s:%d;transport=tls>", o.cfg.As.Edge, plan.Port).
		Header("Accept", "application/sdp").
		Length()
	if err := l.Send(request.Bytes(), capture.Label{Text: "OPTIONS", CallID: callID, CSeq: "1 OPTIONS"}); err != nil {
		x.Failure = err.Error()
		return x
	}
	response, err := o.response(ctx, l, callID)
	if err != nil {
		x.Failure = err.Error()
		return x
	}
	x.Status, x.Reason, x.Contact = response.Status(), response.Reason(), response.Get("Contact")
	return x
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
			return nil, fmt.Errorf("no answer in %s", o.cfg.Timeout)
		}
		if err != nil {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		l.Received(m.Bytes, capture.Label{Text: m.Label(), CallID: m.CallID(), CSeq: m.Get("CSeq")})
		if m.Status() >= 200 && m.CallID() == callID {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no answer among %d messages", maxResponses)
}
