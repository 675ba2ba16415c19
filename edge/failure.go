package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"fedge/dns"
	"fedge/media/session"
	"fedge/sip/stack"
)

// Stage says how far an outbound call came before it failed.
type Stage string

const (
	StageRequest Stage = "request" // what was asked for makes no sense, or is not allowed
	StageDNS     Stage = "dns"     // no record says where the domain lives
	StageConnect Stage = "connect" // nobody answers at its addresses
	StageTLS     Stage = "tls"     // whoever answers is not who DNS named
	StageMedia   Stage = "media"   // no media node takes it, or the answer cannot be served
	StageSIP     Stage = "sip"     // the far end refused, or said nothing
)

// Failure is why an outbound call did not come about.
type Failure struct {
	Stage  Stage
	Record string // the DNS record that is missing or wrong, if that is the reason
	Status int    // SIP status of the far end's refusal, if there was one
	Err    error

	retryAfter int // seconds, of a 503; 0: it did not say
	minSE      int // seconds, of a 422
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the reason below, for errors.Is.
func (f *Failure) Unwrap() error { return f.Err }

// httpStatus is what Admin answers with: 4xx when the caller of the API can
// mend it, 502 and 504 when the far side did not play along, 503 when this
// side has no room.
func (f *Failure) httpStatus() int {
	switch {
	case errors.Is(f.Err, errUnservable):
		return http.StatusBadGateway
	case errors.Is(f.Err, errDraining), errors.Is(f.Err, errFull), errors.Is(f.Err, stack.ErrTurn), f.Stage == StageMedia:
		return http.StatusServiceUnavailable
	case errors.Is(f.Err, errUnknownRoom):
		return http.StatusNotFound
	case errors.Is(f.Err, errRoomFull):
		return http.StatusConflict
	case errors.Is(f.Err, errNotOutward), errors.Is(f.Err, errNoPartner):
		return http.StatusForbidden
	case f.Stage == StageRequest:
		return http.StatusBadRequest
	case errors.Is(f.Err, context.DeadlineExceeded), f.Stage == StageDNS && !missing(f.Err) && f.Record == "":
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

var (
	errUnknownRoom = errors.New("edge: no such room in the plan")
	errNoPartner   = errors.New("edge: calls to this domain are not allowed")
	errSilent      = errors.New("edge: there was no answer to the call at all")
	errUnservable  = errors.New("it cannot be served")
	errNotOutward  = errors.New("edge: the plan places no calls outward; set `outbound: true`")
)

// unservable marks what a media node has against a description itself: that is
// the far end's to mend, all else is ours.
func unservable(err error) error {
	if refusal, ok := errors.AsType[*session.Error](err); ok && (refusal.Reason == session.Malformed || refusal.Reason == session.Incompatible) {
		return fmt.Errorf("%w: %w", errUnservable, err)
	}
	return err
}

// noRecord says which record a domain's owner would have to publish.
func noRecord(domain string, err error) *Failure {
	record := dns.FederationName(domain)
	return &Failure{Stage: StageDNS, Record: record, Err: &absent{record, err}}
}

// absent reads as the thing to do, and keeps what DNS said.
type absent struct {
	record string
	err    error
}

func (a *absent) Error() string { return fmt.Sprintf("no DNS SRV record %s", a.record) }
func (a *absent) Unwrap() error { return a.err }
