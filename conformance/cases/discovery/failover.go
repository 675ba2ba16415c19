package discovery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"fedge/conformance"
	"fedge/sip/raw"
)

func failoverCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-006",
		Title:       "Fail-over when the connection is refused",
		Requirement: "When the first server refuses the connection the call goes to the second.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.no-failover", Class: conformance.Silence}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			return failsOver(ctx, s, func(ctx context.Context, d site) (string, *conformance.Edge, error) {
				return conformance.SRV(1, 0, nobody, "edge1"), nil, nil
			})
		},
	}, {
		ID:          "DNS-007",
		Title:       "Fail-over when the server is silent",
		Requirement: "When the first server takes the connection and says nothing more the call goes to the second within five seconds.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.no-connect-timeout", Class: conformance.Silence}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			return failsOver(ctx, s, func(ctx context.Context, d site) (string, *conformance.Edge, error) {
				e, err := d.Listen(ctx, conformance.Listening{Raw: func(c net.Conn) {
					_, _ = io.Copy(io.Discard, c) // until the node, or the case, gives up
				}})
				if err != nil {
					return "", nil, err
				}
				return to(1, 0, "edge1", e), e, nil
			})
		},
	}, {
		ID:          "DNS-008",
		Title:       "Fail-over when the certificate is somebody else's",
		Requirement: "When the first server shows a certificate that does not prove it, it gets no message, and the call goes to the second, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3263 §4.3", "RFC 5922 §7.2"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.tlsfail-stop", Class: conformance.Silence}},
		Run:         wrongCertificate,
	}, {
		ID:          "DNS-009",
		Title:       "Fail-over on 503",
		Requirement: "When the first server answers 503 the same request, with another branch, goes to the second, and what that answers ends the call.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3", "RFC 3261 §21.5.4"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.no-503-failover", Class: conformance.Status}},
		Run:         overloaded,
	}, {
		ID:          "DNS-010",
		Title:       "No fail-over on a refusal",
		Requirement: "When the first server answers 404, 486, 500, 504 or 603 no other is asked.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.failover-any", Class: conformance.Content}},
		Run:         refusals,
	}, {
		ID:          "DNS-026",
		Title:       "A dead server is remembered and tried again",
		Requirement: "A server that failed is passed over by the next call, which succeeds, and is called again within a minute of its recovery.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3", "RFC 3261 §21.5.4"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.poison-failed", Class: conformance.Content}},
		Lasts:       60,
		Run:         deadAndBack,
	}}
}

// failsOver has a first server that fails, and wants the call at the second.
func failsOver(ctx context.Context, s *conformance.Stand, first func(context.Context, site) (string, *conformance.Edge, error)) error {
	d := newSite(s)
	srv, failing, err := first(ctx, d)
	if err != nil {
		return err
	}
	e, desk, err := d.desk(ctx, "edge2")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, srv, to(2, 0, "edge2", e), at("edge1", e), at("edge2", e)); err != nil {
		return err
	}
	if err := d.reaches(ctx, desk); err != nil {
		return err
	}
	if failing != nil && failing.Count() == 0 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "the first server to be tried", Actual: "no connection to it"}
	}
	return nil
}

func wrongCertificate(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	other := s.Domain()
	e1, err := d.listen(ctx, conformance.Listening{Host: d.host("edge1")}, "sip."+other)
	if err != nil {
		return err
	}
	e2, desk, err := d.desk(ctx, "edge2")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(1, 0, "edge1", e1), to(2, 0, "edge2", e2), at("edge1", e1), at("edge2", e2)); err != nil {
		return err
	}
	if err := s.Lesser(conformance.Should, d.reaches(ctx, desk)); err != nil { // RFC 3263 §4.3
		return err
	}
	_, mismatch := e1.Refused(ctx)
	return mismatch
}

// twoDesks are two servers, the first to be called first.
func (d site) twoDesks(ctx context.Context, answer func(*conformance.Peer, *raw.Message) error) (first, second *conformance.Desk, err error) {
	e1, err := d.server(ctx, "edge1")
	if err != nil {
		return nil, nil, err
	}
	first = d.Desk(ctx, e1, answer)
	e2, second, err := d.desk(ctx, "edge2")
	if err != nil {
		return nil, nil, err
	}
	return first, second, d.Publish(d.domain, to(1, 0, "edge1", e1), to(2, 0, "edge2", e2), at("edge1", e1), at("edge2", e2))
}

func overloaded(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	first, second, err := d.twoDesks(ctx, func(p *conformance.Peer, invite *raw.Message) error {
		return p.Respond(invite, 503, "Service Unavailable", nil)
	})
	if err != nil {
		return err
	}
	placed, err := d.call(ctx)
	if err != nil {
		return err
	}
	if first.Count() != 1 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "one call to the first server", Actual: placed.Body}
	}
	if err := told(placed, 486); err != nil {
		return err
	}
	if second.Count() != 1 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "one call to the second server", Actual: placed.Body}
	}
	one, two := first.Invites()[0], second.Invites()[0]
	for _, name := range []string{"Call-ID", "From", "To", "CSeq"} {
		if err := conformance.Holds(name+" at the second server", one.Get(name), two.Get(name)); err != nil {
			return err
		}
	}
	if one.Get("Via") == two.Get("Via") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "another branch at the second server", Actual: two.Get("Via")}
	}
	return nil
}

func refusals(ctx context.Context, s *conformance.Stand) error {
	for _, status := range []int{404, 486, 500, 504, 603} {
		d := newSite(s)
		_, second, err := d.twoDesks(ctx, func(p *conformance.Peer, invite *raw.Message) error {
			return p.Respond(invite, status, "No", nil)
		})
		if err != nil {
			return err
		}
		placed, err := d.call(ctx)
		if err != nil {
			return err
		}
		if second.Count() > 0 {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "no call to the second server", Actual: second.Invites()[0].StartLine}
		}
		if err := told(placed, status); err != nil {
			return err
		}
	}
	return nil
}

func deadAndBack(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	var dead atomic.Bool
	dead.Store(true)
	e1, err := d.listen(ctx, conformance.Listening{Host: d.host("edge1"), Tweak: func(t *tls.Config) {
		t.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			if dead.Load() {
				return nil, errors.New("out of order")
			}
			return nil, nil
		}
	}}, d.host("edge1"))
	if err != nil {
		return err
	}
	first := s.Desk(ctx, e1, nil)
	e2, second, err := d.desk(ctx, "edge2")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(1, 0, "edge1", e1), to(2, 0, "edge2", e2), at("edge1", e1), at("edge2", e2)); err != nil {
		return err
	}
	const calls = 5 // the first of them pays for it, and on a slow machine another one
	for range calls {
		if err := d.reaches(ctx, second); err != nil {
			return err
		}
	}
	if n := e1.Count(); n == 0 || n >= calls {
		return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("the dead server to be tried by the first of %d calls, and not by each", calls), Actual: describe(n) + " connections"}
	}
	dead.Store(false)
	for range 12 {
		if err := s.Wait(ctx, 5*s.Second()); err != nil {
			return err
		}
		placed, err := d.call(ctx)
		if err != nil {
			return err
		}
		if err := told(placed, 486); err != nil {
			return err
		}
		if first.Count() > 0 {
			return nil
		}
	}
	return &conformance.Mismatch{Class: conformance.Content, Expected: "a call to the server that is back, within a minute", Actual: "none"}
}
