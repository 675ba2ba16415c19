package lync

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"fedge/sip/raw"
)

// CallSpec is a call that one of our users places.
type CallSpec struct {
	From        string     // user, or user@domain
	DisplayName string     // plain text; "" leaves the profile's
	To          string     // alias@domain, with or without "sip:"
	Node        netip.Addr // pins the call to one address of the partner; zero: round robin
	Tone        float64    // Hz of what the user plays; 0 is silence
	Expect      []float64  // tones that Quality reports
	Video       bool       // offer video, send the film to who asks for it, receive what comes
	VideoTo     io.Writer  // where received video goes, as an H.264 byte stream; nil: nowhere
	MediaNone   bool       // describe media but open no sockets
}

// Call places a call and waits for its final response. ctx bounds the wait; when
// it ends the call is cancelled.
//
// Errors: *Diagnostic when the partner could not be reached as an Access Edge
// demands, *RefusedError when it refused, *FailedError when the call failed otherwise.
func (o *Org) Call(ctx context.Context, spec CallSpec) (*Call, error) {
	from, to, domain, err := o.parties(spec)
	if err != nil {
		return nil, err
	}
	l, fresh, err := o.trunk(ctx, domain, spec.Node)
	if err != nil {
		return nil, err
	}
	c := newCall(o, l)
	id := o.ids.Next()
	c.callID, c.placed, c.fresh, c.spec = id.CallID(), true, fresh, spec
	if err := c.openMedia(); err != nil {
		return nil, err
	}
	c.machine = NewCaller(CallerConfig{
		Profile: o.edge.profile, Variant: o.variant(), ID: id, From: from, To: to,
		Via: l.LocalAddr().String(), Offer: c.desc, Timers: o.cfg.Timers,
	})
	if err := o.begin(c); err != nil {
		return nil, err
	}
	select {
	case <-c.final:
	case <-ctx.Done():
		c.leave()
		return nil, &FailedError{Why: "given up while waiting for an answer", Err: context.Cause(ctx)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	return c, nil
}

// begin puts a call into the table and starts its goroutine.
func (o *Org) begin(c *Call) error {
	err := o.add(c)
	if err == nil && !o.spawn(c.runCaller) {
		o.remove(c)
		err = errStopped
	}
	if err != nil && c.media != nil {
		c.media.stop()
	}
	return err
}

// parties reads both ends of a call.
func (o *Org) parties(spec CallSpec) (from Party, to, domain string, err error) {
	from.Address = strings.TrimPrefix(spec.From, "sip:")
	if from.Address == "" {
		from.Address = "anna"
	}
	from.Address = o.cfg.Full(from.Address)
	if spec.DisplayName != "" {
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		from.Display = `"` + escape.Replace(spec.DisplayName) + `"`
	}
	to = strings.TrimPrefix(spec.To, "sip:")
	uri, err := raw.ParseURI("sip:" + to)
	if err == nil && uri.User == "" {
		err = fmt.Errorf("no user")
	}
	if strings.ContainsAny(from.Address+from.Display+to, "\r\n") {
		err = fmt.Errorf("a line break")
	}
	if err != nil {
		return from, "", "", fmt.Errorf("lync: cannot call %q, it should be alias@domain: %w", spec.To, err)
	}
	return from, to, uri.Host, nil
}
