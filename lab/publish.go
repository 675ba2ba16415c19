package lab

import (
	"context"
	"fmt"
	"maps"
	"net/netip"

	"fedge/dns"
)

// publish starts the two name servers. What the world publishes is at both,
// unless a fault makes them differ.
func (w *World) publish(ctx context.Context, b *blueprint) (err error) {
	first := netip.AddrPortFrom(w.network.host(hostDNS), dnsPort)
	second := netip.AddrPortFrom(w.network.host(hostSecondDNS), dnsPort)
	if b.mute {
		w.Resolver, w.Second = first, second
		if err := w.swallowQuestions(first); err != nil {
			return err
		}
		return w.swallowQuestions(second)
	}
	if w.dns, err = w.serveZones(ctx, first, b.records); err != nil {
		return err
	}
	if w.secondary, err = w.serveZones(ctx, second, b.elsewhere()); err != nil {
		return err
	}
	w.Resolver, w.Second = w.dns.Addr(), w.secondary.Addr()
	return nil
}

func (w *World) serveZones(ctx context.Context, at netip.AddrPort, records map[string][]record) (*dns.Server, error) {
	var zones []*dns.Zone
	for origin := range records {
		zone, err := dns.ParseZone(w.zoneText(origin, records[origin]))
		if err != nil {
			return nil, fmt.Errorf("lab: zone %s: %w", origin, err)
		}
		zones = append(zones, zone)
	}
	return dns.Serve(ctx, at, zones...)
}

// elsewhere is what the second name server holds.
func (b *blueprint) elsewhere() map[string][]record {
	other := *b
	other.records = maps.Clone(b.records)
	for _, change := range b.aside {
		change(&other)
	}
	return other.records
}

// there changes what the second name server holds.
func there(change func(*blueprint)) func(*blueprint) {
	return func(b *blueprint) { b.aside = append(b.aside, change) }
}
