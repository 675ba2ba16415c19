package lab

import (
	"context"
	"fmt"
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
	if w.dns, err = w.serveZones(ctx, first, b.zones.records()); err != nil {
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
	z := b.zones.clone()
	for _, change := range b.second {
		change(z)
	}
	records := z.records()
	if b.lame {
		delete(records, Domain)
	}
	return records
}

// secondZone is what faults of the second name server alone are about.
const secondZone = "the zone of " + Domain + " at the second name server"

// aside changes what the second name server holds, over what both do.
func (b *blueprint) aside(change func(*zones)) { b.second = append(b.second, change) }
