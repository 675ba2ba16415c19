package timer

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/sip/raw"
)

func senseless(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, value := range []string{"0", "0;refresher=uac"} {
		answer, err := refusal(ctx, s, p, invite(s, true, methods, "Session-Expires: "+value))
		if err != nil {
			return err
		}
		if err := senselessly(s, value, answer); err != nil {
			return err
		}
	}
	answer, err := refusal(ctx, s, p, invite(s, true, methods, "Session-Expires: 100", "Min-SE: 2147483647"))
	if err != nil {
		return err
	}
	if answer.Status() < 300 {
		if got, err := interval(answer); err != nil || got.there && got.seconds > 100 {
			return conformance.Fault(conformance.Content, "a session of 100 s at most, or 400 or 422", answer.Get("Session-Expires"))
		}
	}
	const huge = 1 << 40 // no clause bounds it
	answer, err = refusal(ctx, s, p, invite(s, true, methods, fmt.Sprintf("Session-Expires: %d", huge)))
	if err != nil {
		return err
	}
	switch {
	case answer.Status() == 400 || answer.Status() == 422:
		return nil
	case answer.Status() < 300 && answer.Get("Session-Expires") == "":
		return nil
	case answer.Status() < 300:
		_, err := agreed(answer, huge-1, "")
		return s.Lesser(conformance.Should, err)
	}
	return s.Lesser(conformance.Should, conformance.Fault(conformance.Status, "400, 422 or a shorter session", answer.StartLine))
}

// senselessly judges the answer to an INVITE that wants no session at all: to
// refuse it is a MAY, to lengthen it against a MUST (RFC 4028 §9).
func senselessly(s *conformance.Stand, value string, answer *raw.Message) error {
	if answer.Status() == 422 || answer.Status() == 400 {
		return nil
	}
	refusal := conformance.Fault(conformance.Status, "422 or 400 to a session of "+value+" s", answer.StartLine)
	if answer.Status() < 300 {
		if got, err := interval(answer); err != nil || got.there && got.seconds > 0 {
			return refusal
		}
	}
	return s.Lesser(conformance.May, refusal)
}
