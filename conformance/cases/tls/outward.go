package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"fedge/certs"
	"fedge/conformance"
	"fedge/sip/raw"
)

// outward are the cases about connections that the node opens.
func outward() []conformance.Case {
	trigger := conformance.Needs{Trigger: true, DNS: true, Authority: true}
	return []conformance.Case{{
		ID:          "TLS-018",
		Title:       "Outbound: the host's name is verified",
		Requirement: "A host whose certificate is somebody else's gets no SIP: the node breaks the handshake off.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "RFC 9525 §6"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.out-skip-name", conformance.Accepted),
		Run:         met(false, func(host, domain string) certs.Request { return certs.Request{Names: []string{"sip.elsewhere.test"}} }),
	}, {
		ID:          "TLS-019",
		Title:       "Outbound: the SIP domain is proof enough",
		Requirement: "A host whose certificate holds the SIP domain, and not its own name, is taken for the domain's.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5922 §7.1", "RFC 5922 §7.3"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.out-host-only", conformance.Handshake),
		Run:         met(true, func(_, domain string) certs.Request { return certs.Request{Names: []string{domain}} }),
	}, {
		ID:          "TLS-020",
		Title:       "Outbound: a SIP URI is proof",
		Requirement: "A certificate whose only alternative name is the URI sip:DOMAIN proves the domain.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5922 §4.1", "RFC 5922 §7.1"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.no-urisan", conformance.Handshake),
		Run:         met(true, func(_, domain string) certs.Request { return certs.Request{URIs: []string{"sip:" + domain}} }),
	}, {
		ID:          "TLS-021",
		Title:       "Outbound: no common name beside alternative names",
		Requirement: "A common name is no proof when the certificate has alternative names, nor is a SIP URI with a user.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.1", "RFC 9525 §2"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.cn-fallback", conformance.Accepted),
		Run: met(false,
			func(host, _ string) certs.Request {
				return certs.Request{CommonName: host, Names: []string{"sip.elsewhere.test"}}
			},
			func(_, domain string) certs.Request { return certs.Request{URIs: []string{"sip:anna@" + domain}} },
		),
	}, {
		ID:          "TLS-022",
		Title:       "Outbound: a wildcard reaches one label",
		Requirement: "A wildcard proves nothing two labels below it, nor the name that it stands under.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.2", "RFC 9525 §6.3"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.wild-deep", conformance.Accepted),
		Run: met(false,
			func(_, domain string) certs.Request { return certs.Request{Names: []string{"*." + above(domain)}} },
			func(host, _ string) certs.Request { return certs.Request{Names: []string{"*." + host}} },
		),
	}, {
		ID:          "TLS-023",
		Title:       "Outbound: NUL ends no name",
		Requirement: "A name with a NUL in it is not the name before the NUL.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §4.2.1.6", "RFC 5922 §7.2"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.cstr", conformance.Accepted),
		Run: met(false, func(host, _ string) certs.Request {
			return certs.Request{Names: []string{host + "\x00.elsewhere.test"}}
		}),
	}, {
		ID:          "TLS-024",
		Title:       "Outbound: SNI is the SRV target",
		Requirement: "The node sends the SRV target as SNI, without a trailing dot, and never an address.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 6066 §3", "RFC 5922 §7.3"},
		Needs:       conformance.Needs{Called: true},
		Mutants:     conformance.Kills("tls.sni-ip", conformance.Content),
		Run:         ownSNI,
	}, {
		ID:          "TLS-025",
		Title:       "Outbound: our certificate whatever the hints",
		Requirement: "The node shows its certificate even if the list of authorities in the request names none of its own: who asks for one gets it.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5246 §7.4.4", "RFC 8446 §4.2.4", "[MS-SIPRE] 2.2.15"},
		Needs:       trigger,
		Mutants:     conformance.Kills("tls.no-client-cert", conformance.Content),
		Run:         foreignHints,
	}}
}

// above is a domain without its first label.
func above(domain string) string {
	_, rest, _ := strings.Cut(domain, ".")
	return rest
}

// met makes the node call a partner with each certificate in turn, and wants it
// to say INVITE, or to break off the handshake.
func met(taken bool, requests ...func(host, domain string) certs.Request) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		for _, request := range requests {
			domain := s.Domain()
			host := "sip." + domain
			r := request(host, domain)
			if r.CommonName == "" {
				r.CommonName = "somebody"
			}
			certificate, err := s.Issue(r)
			if err != nil {
				return conformance.Preamble(err)
			}
			edge, err := meeting(ctx, s, domain, conformance.Listening{Host: host, Certificate: certificate})
			if err != nil {
				return conformance.Preamble(err)
			}
			if err := meets(ctx, edge, taken); err != nil {
				if m, ok := conformance.AsMismatch(err); ok {
					m.Expected += fmt.Sprintf(", with a certificate for CN=%s %q %q of %s", r.CommonName, r.Names, r.URIs, host)
				}
				return err
			}
		}
		return nil
	}
}

// meeting listens, publishes, and has the node call.
func meeting(ctx context.Context, s *conformance.Stand, domain string, l conformance.Listening) (*conformance.Edge, error) {
	edge, err := s.Listen(ctx, l)
	if err != nil {
		return nil, err
	}
	at := edge.AddrPort()
	if err := s.Publish(domain, conformance.SRV(0, 0, at.Port(), "sip"), conformance.A("sip", at.Addr())); err != nil {
		return nil, err
	}
	_, err = s.Place(ctx, conformance.Place{To: "sip:anna@" + domain})
	return edge, err
}

func meets(ctx context.Context, edge *conformance.Edge, taken bool) error {
	if taken {
		p, err := edge.Accept(ctx)
		if err == nil {
			err = busy(ctx, p)
		}
		// With TLS 1.3 our handshake is over before the node judges us.
		if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Closed {
			m.Class = conformance.Handshake
		}
		return err
	}
	p, err := edge.Accept(ctx)
	if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Handshake {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := p.Await(ctx, "the handshake broken off", raw.Request(""))
	if mismatch, ok := conformance.AsMismatch(err); ok && mismatch.Class == conformance.Closed {
		return nil
	}
	if err != nil {
		return err
	}
	return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no SIP", Actual: m.StartLine}
}

// busy refuses the INVITE that must come.
func busy(ctx context.Context, p *conformance.Peer) error {
	invite, err := p.Await(ctx, "INVITE", raw.Request("INVITE"))
	if err != nil {
		return err
	}
	return p.Respond(invite, 486, "Busy Here", nil)
}

func ownSNI(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := s.Place(ctx, conformance.Place{To: "sip:anna@" + partner.Domain}); err != nil {
		return conformance.Preamble(err)
	}
	p, err := partner.Edge.Accept(ctx)
	if err != nil {
		return err
	}
	if name := p.State().ServerName; name != partner.Host {
		return content("SNI "+partner.Host, fmt.Sprintf("%q", name))
	}
	return busy(ctx, p)
}

func foreignHints(ctx context.Context, s *conformance.Stand) error {
	who, err := s.Another()
	if err != nil {
		return conformance.Preamble(err)
	}
	foreign := x509.NewCertPool()
	if leaf, err := x509.ParseCertificate(s.Target.Stranger.Certificate[0]); err == nil {
		foreign.AddCert(leaf)
	}
	edge, err := meeting(ctx, s, who.Domain, conformance.Listening{Host: who.Host, Certificate: who.Certificate, Tweak: func(t *tls.Config) {
		t.ClientAuth, t.ClientCAs = tls.RequestClientCert, foreign
	}})
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := edge.Accept(ctx)
	if err != nil {
		return err
	}
	if len(p.Identity().Chain) == 0 {
		return content("the node's certificate, though our list of authorities does not name its own", "none")
	}
	return busy(ctx, p)
}
