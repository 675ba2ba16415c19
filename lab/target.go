package lab

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"fedge/certs"
	"fedge/conformance"
	"fedge/dns"
	"fedge/plan"
)

// conformSuffix is the zone below which the suite's own domains are made.
const conformSuffix = "conform.example"

// Target is a signaling node of the world as the conformance suite sees it,
// with every instrument there is.
func (w *World) Target(n plan.Node) (conformance.Target, error) {
	partner, err := w.Partner(Contoso, nil)
	if err != nil {
		return conformance.Target{}, err
	}
	// The right name under an authority that nobody trusts.
	unknown, err := certs.NewAuthority("nobody's root", time.Now())
	if err != nil {
		return conformance.Target{}, err
	}
	stranger, err := unknown.Issue(certs.Request{CommonName: partner.Edge, Names: []string{partner.Edge}})
	if err != nil {
		return conformance.Target{}, err
	}
	t := conformance.Target{
		Name: "lab", Node: n.Name, Address: netip.AddrPortFrom(n.PublicAddr(), SIPPort),
		Pool: w.Plan.Domains[0].Pool, Domain: Domain, Alias: Room, Roots: w.Roots,
		Partner:   conformance.Identity{Domain: Contoso, Host: partner.Edge, Certificate: partner.Certificate},
		Stranger:  stranger,
		MediaFrom: w.network.host(hostContosoUser),
		Claims:    conformance.Claims{FromAuthorisation: true, ClientCertificate: true, Media: true, SessionTimers: true, Update: true, Reliable: true, EndsCalls: true, OwnDomain: true},
	}
	if w.cfg.Short {
		t.T1 = ShortT1
	}
	t.Instruments = w.instruments(t, n)
	return t, nil
}

// instruments are what the suite may do to this world. Other nodes can only be
// started in this process.
func (w *World) instruments(t conformance.Target, n plan.Node) conformance.Instruments {
	i := conformance.Instruments{
		Issue: w.authority.Issue,
		Under: func(domains ...string) (*certs.Authority, error) {
			return w.root.Constrained("fedge lab constrained", domains...)
		},
		Revoke: func(revoked ...*x509.Certificate) ([]byte, error) { return w.authority.Revoke(time.Now(), revoked...) },
		Reload: func(ctx context.Context) error { return reload(ctx, n) },
		Suffix: conformSuffix,
		Zones: conformance.Zones{
			Publish: w.publishMore, Remove: w.dns.Remove, Misbehave: w.dns.Misbehave,
			Asked: func(domain string) []dns.Question { return w.dns.Asked(domain) },
		},
		Place:  func(ctx context.Context, p conformance.Place) (conformance.Placed, error) { return placeFor(ctx, n, p) },
		Inside: func(ctx context.Context) (conformance.Inside, error) { return inside(ctx, n) },
	}
	for host := byte(firstConform); host <= lastConform; host++ {
		i.Addresses = append(i.Addresses, w.network.host(host))
	}
	if w.nodes != nil {
		i.Variant = func(ctx context.Context, v conformance.Variant) (conformance.Target, func() error, error) {
			return w.variant(ctx, t, v)
		}
	}
	return i
}

// publishMore adds the zone of a domain to those that the world serves.
func (w *World) publishMore(domain string, records []string) error {
	text := w.zoneText(domain, nil) + strings.Join(records, "\n") + "\n"
	zone, err := dns.ParseZone(text)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	w.dns.Set(zone)
	return nil
}

func placeFor(ctx context.Context, n plan.Node, call conformance.Place) (conformance.Placed, error) {
	said, err := place(ctx, n, Place{Room: call.Room, To: call.To, From: call.From, Name: call.Name})
	if err != nil {
		return conformance.Placed{}, err
	}
	var body struct {
		ID     string `json:"id"`
		Status int    `json:"sip_status"`
	}
	if err := json.Unmarshal([]byte(said.Body), &body); err != nil {
		return conformance.Placed{}, fmt.Errorf("lab: what %s says of a call: %w", n.Name, err)
	}
	return conformance.Placed{Status: said.Status, SIP: body.Status, ID: body.ID, Body: said.Body}, nil
}
