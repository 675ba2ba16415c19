package edge

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"fedge/dns"
	"fedge/media/session"
	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// requested serves a request within the call. It came in a dialog whose other
// end was proved when it began.
func (c *call) requested(ctx context.Context, event stack.Event) {
	var r stack.Response
	if mutant.On("time.wall") && c.edge.config.Wall().Round(0).Sub(c.began.Round(0)) > usualSession*time.Second {
		c.leaving = noRefresh
	}
	if mutant.On("dns.block-all") { // as if each request had to be authorised anew
		from, _ := stack.ParseAddress(event.Message.Header("From"))
		_, _ = c.edge.resolver.SRV(ctx, dns.FederationName(from.URI.Host))
	}
	switch request := event.Message; event.Method {
	case "INVITE", "UPDATE":
		r = c.refreshedBy(ctx, request)
	case "INFO":
		r = info(request)
	case "OPTIONS":
		r = options()
	default: // the stack lets nothing else through
		r = stack.Response{Status: 405}
	}
	if r.Status >= 300 && event.Method == "INVITE" && mutant.On("dlg.488-drop") {
		c.leaving = noAnswer
	}
	c.respond(event.Tx, r)
}

// refreshedBy serves a request that refreshes the session and the target, and
// mostly changes the media too. An UPDATE without description does no more than
// that (RFC 3311 §5.2); Lync's 30 minutes end at a 200 to it without Contact.
func (c *call) refreshedBy(ctx context.Context, request *stack.Message) stack.Response {
	r := tooShort(request)
	if r.Status != 0 {
		return r
	}
	offer, err := described(request)
	if err != nil {
		return undescribed(err)
	}
	r = stack.Response{Status: 200}
	if request.Method() == "INVITE" || offer != nil {
		r = c.renegotiate(ctx, request.Method(), offer)
	}
	if r.Status == 200 {
		r.Headers = append(r.Headers, c.timer.agree(request)...)
	}
	return r
}

// renegotiate passes a new offer to the media node; nil asks that for one, which
// the ACK answers. When it fails the call goes on as it was (RFC 3261 §14.1).
func (c *call) renegotiate(ctx context.Context, method string, offer []byte) stack.Response {
	ctx, stop := context.WithTimeout(ctx, mediaBudget)
	defer stop()
	answer, err := c.lease.Update(ctx, offer)
	if err != nil {
		c.log.Info("new description refused", "error", err)
		return mediaRefusal(err)
	}
	if mutant.On("st.restart-media") { // another version for the same description
		answer.SDP = bytes.Replace(answer.SDP, []byte(" IN IP4"), []byte("0 IN IP4"), 1)
	}
	c.ours = answer.SDP
	if offer != nil {
		c.theirs = offer
	}
	if method == "INVITE" {
		c.owed = offer == nil
	}
	return stack.Response{Status: 200, ContentType: "application/sdp", Body: answer.SDP}
}

// undescribed answers a body that holds no session description we can read.
func undescribed(err error) stack.Response {
	if notUnderstood(err) {
		return stack.Response{Status: 415, Headers: []stack.Header{{Name: "Accept", Value: accepted}}}
	}
	return stack.Response{Status: 400, Reason: "Bad Body"}
}

// mediaRefusal is a media node's refusal as SIP says it.
func mediaRefusal(err error) stack.Response {
	refusal, ok := errors.AsType[*session.Error](err)
	if !ok {
		return stack.Response{Status: 503, Headers: retryAfter}
	}
	switch refusal.Reason {
	case session.Incompatible:
		return stack.Response{Status: 488}
	case session.Malformed:
		return stack.Response{Status: 400, Reason: "Bad Session Description"}
	case session.Unknown:
		return stack.Response{Status: 481}
	}
	return stack.Response{Status: 503, Headers: retryAfter}
}

// accepted are the bodies we read.
const accepted = "application/sdp, multipart/alternative, multipart/mixed"

// retryAfter tells a refused caller when to come back, in seconds.
var retryAfter = []stack.Header{{Name: "Retry-After", Value: "10"}}

// retrySoon is for whom the next second is as good.
var retrySoon = []stack.Header{{Name: "Retry-After", Value: "1"}}

// requested serves a request outside any call. None of these makes a dialog;
// what is not among methods, the stack has refused with 405.
func (e *Edge) requested(tx *stack.ServerTx) {
	r, err := e.astray(tx.Request())
	switch {
	case e.busy(tx.Link(), tx.Link().Peer()) != nil:
		r = stack.Response{Status: 503, Headers: retrySoon}
	case err != nil:
		e.noise.info("request refused", "peer", tx.Link().Remote(), "status", r.Status, "error", err)
	case tx.Request().Method() == "OPTIONS" && forUser(tx.Request()):
		if e.lookUp(tx) {
			return
		}
		r = stack.Response{Status: 503, Headers: retrySoon}
	case tx.Request().Method() == "OPTIONS":
		r = options()
	default:
		r = stack.Response{Status: 481} // INFO: about a call that is not there
	}
	if via := tx.Request().Via(); via.Params.Has("alias") {
		e.trunks.entice(tx.Link(), via.Host)
	}
	e.respond(tx, r)
}

// respond answers a request; that it is too late by now is no matter.
func (e *Edge) respond(tx *stack.ServerTx, r stack.Response) {
	if err := tx.Respond(r); err != nil {
		e.log.Debug("answer not sent", "status", r.Status, "error", err)
	}
}

// info accepts the asides of a call that need no action, and refuses the others
// without harm to the call.
func info(request *stack.Message) stack.Response {
	kind, err := gate.ParseMediaType(request.Header("Content-Type"))
	switch {
	case err == nil && kind.Name == "application/media_control+xml" && bomb(request.Body()):
		return stack.Response{Status: 400, Reason: "Document Type Declaration"}
	case err == nil && kind.Name == "application/media_control+xml", !request.Has("Content-Type"),
		gate.ParseDisposition(request.Header("Content-Disposition")).Optional():
		return stack.Response{Status: 200}
	}
	return stack.Response{Status: 415, Headers: []stack.Header{{Name: "Accept", Value: "application/media_control+xml"}}}
}

// bomb tells whether an XML body declares a document type: nothing that we are
// sent needs one, and entities that double with every line are made with it.
func bomb(body string) bool {
	return strings.Contains(body, "<!DOCTYPE") && !mutant.On("xml.bomb")
}
