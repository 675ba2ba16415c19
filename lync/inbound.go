package lync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"fedge/sip/link"
	"fedge/sip/raw"
)

// serverConfig demands a certificate of every partner, one that is good for a
// client and whose chain we trust; what it must name depends on what the partner
// sends later.
func (e *Edge) serverConfig() link.Config {
	g := e.profile.edge
	return link.Config{
		Local: e.cfg.Edge, Recorder: e.cfg.Recorder, Roots: e.cfg.Roots, Log: e.cfg.Log,
		Queue: e.cfg.Queue, QueueBytes: e.cfg.QueueBytes,
		TLS: &tls.Config{
			Certificates: []tls.Certificate{e.cfg.Certificate},
			MinVersion:   g.min, MaxVersion: g.max, CipherSuites: g.suites,
			// Not RequireAndVerify: that sends the names of our roots, and who finds
			// its issuer missing there sends no certificate at all.
			ClientAuth: tls.RequireAnyClientCert,
			VerifyConnection: func(state tls.ConnectionState) error {
				return verifyPeer(state.PeerCertificates, e.cfg.Roots, "", x509.ExtKeyUsageClientAuth)
			},
		},
	}
}

// connectionRefused notes a partner whose certificate was not good enough to be
// heard at all.
func (o *Org) connectionRefused(from netip.AddrPort, err error) {
	if kind, code := trustFailure(err); kind != "" {
		o.journal.refuse(Refusal{At: time.Now(), From: from.String(), Diagnostic: diagnose(DiagCertificate, err, "ErrorType", kind, "HRESULT", code)})
	}
}

// authorise asks whether a peer may speak for the domain in From: the SRV record
// of that domain names a host directly under it, and the peer's certificate
// names that host. P-Asserted-Identity, if there is one, must pass too.
func (e *Edge) authorise(ctx context.Context, peer link.Identity, invite *raw.Message) *Diagnostic {
	fields := []string{invite.Get("From")}
	fields = append(fields, invite.List("P-Asserted-Identity")...)
	for _, field := range fields {
		addr, err := raw.ParseNameAddr(field)
		if err != nil {
			return diagnose(DiagParse, err, "field", field)
		}
		if addr.URI.Scheme == "tel" {
			continue
		}
		if d := e.mayFrom(ctx, peer, addr.URI.Host); d != nil {
			return d
		}
	}
	return nil
}

func (e *Edge) mayFrom(ctx context.Context, peer link.Identity, host string) *Diagnostic {
	domain := strings.ToLower(host)
	if _, err := netip.ParseAddr(strings.Trim(domain, "[]")); err == nil || domain == e.cfg.Domain {
		// Neither an address nor our own domain can come from outside.
		return diagnose(DiagSourceDomain, nil, "domain", domain)
	}
	p, err := match(ctx, e.cfg.Resolver, domain)
	if err != nil {
		if d, ok := err.(*Diagnostic); ok {
			return d
		}
		return diagnose(DiagNoSRV, err, "domain", domain)
	}
	if peer.Err != nil || !proves(peer, p.Target) {
		return diagnose(DiagCertificate, peer.Err, "ErrorType", "The peer certificate does not contain a matching FQDN",
			"expected-fqdn", p.Target, "certName", strings.Join(peer.Names(), ","), "HRESULT", "0xc3e93d67(SIPPROXY_E_ROUTING_MSG_CERT_MISMATCH)")
	}
	return nil
}

// invited takes an INVITE that begins a call; false when there is no room for it.
func (o *Org) invited(l *link.Link, m *raw.Message) bool {
	c := newCall(o, l)
	b := o.cfg.Answer
	c.spec = CallSpec{Tone: b.Tone, Video: b.Video, MediaNone: b.MediaNone}
	c.machine = NewCallee(CalleeConfig{
		Profile: o.edge.profile, Variant: o.variant(), ID: o.ids.Next(), Via: l.LocalAddr().String(), Invite: m, Timers: o.cfg.Timers,
	})
	c.callID, c.received = m.CallID(), m.Bytes
	if err := o.add(c); err != nil {
		o.reply(l, m, 503, "Service Unavailable")
		return false
	}
	if !o.spawn(func(ctx context.Context) { c.runCallee(ctx, m) }) {
		o.remove(c)
	}
	return true
}

// bareRefusal is all that a partner learns: 504, whatever the reason was.
func (o *Org) bareRefusal(l *link.Link, m *raw.Message, d *Diagnostic) {
	o.refused(l, m, d)
	o.reply(l, m, 504, "Server time-out")
}

// refused notes why a call was not let in.
func (o *Org) refused(l *link.Link, m *raw.Message, d *Diagnostic) {
	o.journal.refuse(Refusal{
		At: time.Now(), Peer: l.Peer().Names(), From: m.Get("From"), CallID: m.CallID(), Diagnostic: d, Invite: m.Bytes,
	})
	o.cfg.Log.Info("call from a partner refused", "domain", o.cfg.Domain, "peer", l.Remote(), "call", m.CallID(), "diagnostics", d.Header())
}

func statusText(status int, method string) string { return strconv.Itoa(status) + " " + method }
