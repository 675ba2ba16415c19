package tls

import (
	"context"
	"crypto/tls"
	"io"
	"path/filepath"
	"strings"

	"fedge/certs"
	"fedge/conformance"
	"fedge/plan"
)

// sessions are the cases about what outlives a handshake, and how TLS ends.
func sessions() []conformance.Case {
	return []conformance.Case{{
		ID:          "TLS-028",
		Title:       "A resumed session keeps its identity",
		Requirement: "On a resumed session the peer is who it was when the session began: what it may say it may still say, and no more.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8446 §4.6.1", "RFC 8446 §2.2", "RFC 5077 §5"},
		Needs:       conformance.Needs{ClientCertificate: true, FromAuthorisation: true, Media: true},
		Mutants:     conformance.Kills("tls.resume-noid", conformance.Accepted),
		Run:         resumed,
	}, {
		ID:          "TLS-031",
		Title:       "Closed with close_notify",
		Requirement: "A connection that the node closes ends with close_notify.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5246 §7.2.1", "RFC 8446 §6.1"},
		Mutants:     conformance.Kills("tls.no-closenotify", conformance.Closed),
		Run:         closeNotify,
	}, {
		ID:          "TLS-036",
		Title:       "A certificate is renewed without a restart",
		Requirement: "After new files and a reload new connections see the new certificate, and calls go on over the old ones.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 9325 §4.2"},
		Needs:       conformance.Needs{Variant: true, Authority: true, Media: true},
		Mutants:     conformance.Kills("tls.no-reload", conformance.Content),
		Run:         reloaded,
	}}
}

// resumed begins a session as a partner, resumes it, and speaks for the partner
// and for another domain.
func resumed(ctx context.Context, s *conformance.Stand) error {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := tls.NewLRUClientSessionCache(4)
		tweak := func(t *tls.Config) { t.MinVersion, t.MaxVersion, t.ClientSessionCache = v, v, cache }
		p, err := s.Dial(ctx, s.Target.Partner, tweak)
		if err != nil {
			s.Note("%s: %v", tls.VersionName(v), err)
			continue
		}
		if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil { // reads the ticket too
			return conformance.Preamble(err)
		}
		if p, err = s.Dial(ctx, s.Target.Partner, tweak); err != nil {
			return conformance.Preamble(err)
		}
		if !p.State().DidResume {
			s.Note("%s: the node resumes no sessions", tls.VersionName(v))
		}
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return err
		}
		call.Hangup(ctx)
		other := s.Target.Partner
		other.Domain = "spoofed." + other.Domain
		if err := turnedAwayAs(ctx, s, p, other); err != nil {
			return err
		}
	}
	return nil
}

// closeNotify says what ends a connection, and looks for the alert among the
// last records: in TLS 1.2 their kind can be seen.
func closeNotify(ctx context.Context, s *conformance.Stand) error {
	c, err := s.Connect(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	heard := &hearing{Conn: c}
	conn, err := s.Shake(ctx, heard, s.Target.Partner, func(t *tls.Config) { t.MaxVersion = tls.VersionTLS12 })
	if err != nil {
		return refused("a handshake", err)
	}
	if _, err := io.WriteString(conn, strings.Repeat("no SIP at all ", 4)+"\r\n\r\n"); err != nil {
		return conformance.Preamble(err)
	}
	if _, err := conformance.ReadAll(ctx, conn, s.Target.Patience()); err != nil {
		return err
	}
	if !has(heard.read.Bytes(), alertRecord) {
		return &conformance.Mismatch{Class: conformance.Closed, Expected: "close_notify before the end of the connection", Actual: "the end alone"}
	}
	return nil
}

// reloaded renews the certificate of a node of its own, in the middle of a call.
func reloaded(ctx context.Context, s *conformance.Stand) error {
	var files [2]string
	v, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { files[0], files[1] = p.Files(p.Nodes[0]) }})
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := v.Dial(ctx, v.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	call, err := v.Establish(ctx, p, v.Invite(v.Target.Partner, v.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	fresh, err := v.Issue(certs.Request{CommonName: v.Target.Pool, Names: []string{v.Target.Pool, v.Target.Node}})
	if err != nil {
		return conformance.Preamble(err)
	}
	dir, name := filepath.Split(strings.TrimSuffix(files[0], ".pem"))
	if err := certs.Write(dir, name, fresh); err != nil {
		return conformance.Preamble(err)
	}
	if v.Target.Instruments.Reload == nil {
		return conformance.ErrNotThere
	}
	if err := v.Target.Instruments.Reload(ctx); err != nil {
		return conformance.Preamble(err)
	}
	next, err := v.Dial(ctx, v.Target.Partner, nil)
	if err != nil {
		return refused("a handshake with the new certificate", err)
	}
	if got := next.State().PeerCertificates[0]; !got.Equal(fresh.Leaf) {
		return content("the new certificate, serial "+fresh.Leaf.SerialNumber.String(), "serial "+got.SerialNumber.String())
	}
	bye, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	if bye.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to the BYE of the call that was up", Actual: bye.StartLine}
	}
	return nil
}
