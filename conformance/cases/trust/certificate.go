package trust

import (
	"context"
	"errors"
	"strings"

	"fedge/certs"
	"fedge/conformance"
	"fedge/sip/link"
)

func certificateCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-004",
		Title:       "Names are compared whole",
		Requirement: "A certificate for a name that merely begins or ends with the Edge's name proves nothing: 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.2"},
		Needs:       with(proves, makes),
		Mutants:     []conformance.Mutant{{Name: "sec.suffix-str", Class: conformance.Accepted}},
		Run:         wholeNames,
	}, {
		ID:          "TRU-017",
		Title:       "A new connection proves itself anew",
		Requirement: "A connection with another certificate has none of the rights of one that is open from the same address.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "RFC 5923 §5"},
		Needs:       with(proves, makes),
		Mutants:     []conformance.Mutant{{Name: "trust.ip-cache", Class: conformance.Accepted}},
		Run:         otherCertificate,
	}, {
		ID:          "TRU-018",
		Title:       "A certificate without names",
		Requirement: "A certificate of a trusted authority that has neither a subjectAltName nor a common name proves no domain: refused in the handshake or with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.1", "RFC 5280 §4.1.2.6"},
		Needs:       with(proves, makes),
		Mutants:     []conformance.Mutant{{Name: "trust.empty-ok", Class: conformance.Accepted}},
		Run:         noNames,
	}}
}

// partner is a fresh one that nobody calls: domain, certificate and records.
func partner(s *conformance.Stand) (conformance.Identity, error) {
	domain := s.Domain()
	return hosted(s, domain, "sip."+domain)
}

// hosted is a fresh domain whose record points at a host of this name.
func hosted(s *conformance.Stand, domain, host string) (conformance.Identity, error) {
	as, err := holder(s, domain, host)
	if err != nil {
		return as, err
	}
	return as, s.Publish(domain, conformance.SRV(0, 0, 5061, host+"."))
}

// holder speaks for a domain with a certificate for these names.
func holder(s *conformance.Stand, domain string, names ...string) (conformance.Identity, error) {
	certificate, err := s.Issue(certs.Request{CommonName: "fedge", Names: names, Nameless: len(names) == 0})
	return conformance.Identity{Domain: domain, Host: "sip." + domain, Certificate: certificate}, err
}

func wholeNames(ctx context.Context, s *conformance.Stand) error {
	honest, err := partner(s)
	if err != nil {
		return err
	}
	if err := calls(ctx, s, honest, 200); err != nil {
		return conformance.Preamble(err)
	}
	host, domain := honest.Host, honest.Domain
	for _, name := range []string{"evil" + host, host + "." + s.Domain(), "sip.evil-" + domain, strings.TrimPrefix(host, "s")} {
		liar, err := holder(s, domain, name)
		if err != nil {
			return err
		}
		if err := calls(ctx, s, liar, 403); err != nil {
			return err
		}
	}
	return nil
}

func otherCertificate(ctx context.Context, s *conformance.Stand) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	defer call.Hangup(ctx)
	other, err := partner(s)
	if err != nil {
		return err
	}
	q, err := dial(ctx, s, other)
	if err != nil {
		return err
	}
	posing := other
	posing.Domain = s.Target.Partner.Domain
	if err := speaks(ctx, s, q, posing, nil, 403); err != nil {
		return err
	}
	return speaks(ctx, s, q, other, nil, 200) // its own rights it has
}

func noNames(ctx context.Context, s *conformance.Stand) error {
	nobody, err := holder(s, s.Target.Partner.Domain)
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, nobody, nil)
	if dial, ok := errors.AsType[*link.DialError](err); ok && dial.Stage == link.Handshake {
		return nil
	}
	if err != nil {
		return conformance.Preamble(err)
	}
	err = speaks(ctx, s, p, nobody, nil, 403)
	// With TLS 1.3 the refusal of a certificate comes after the client's
	// handshake is over (RFC 8446 §4.4.2.4).
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Closed {
		return nil
	}
	return err
}
