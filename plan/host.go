package plan

import (
	"net/netip"
	"strings"
)

// isHost tells whether a lower-case name is a fully qualified host name
// (RFC 1123 §2.1): letters, digits, hyphens, at least two labels, and not an
// address.
func isHost(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// under tells whether a name lies below a domain, at whatever depth.
func under(name, domain string) bool { return domain != "" && strings.HasSuffix(name, "."+domain) }

// directlyUnder tells whether a name is one label and the domain: what Lync
// demands of an SRV record's target (rule DNS-04, ms-diagnostics 1009).
func directlyUnder(name, domain string) bool {
	label, found := strings.CutSuffix(name, "."+domain)
	return found && label != "" && !strings.Contains(label, ".")
}

// notPublic are the ranges that lead nowhere on the internet, besides those
// that netip knows. The documentation ranges are let pass: they stand for
// public addresses in every example.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // RFC 6598: carrier-grade NAT
	netip.MustParsePrefix("240.0.0.0/4"),
}

// PublicAddr is the address that the world reaches the node by.
func (n Node) PublicAddr() netip.Addr {
	if n.Public.IsValid() {
		return n.Public
	}
	return n.Address
}

// IsPublic tells whether an address can be reached by partners: it is one of
// the internet's, or in the plan's public ranges.
func (p *Plan) IsPublic(addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, declared := range p.PublicRanges {
		if declared.Contains(addr) {
			return true
		}
	}
	for _, prefix := range notPublic {
		if prefix.Contains(addr) {
			return false
		}
	}
	return addr.IsGlobalUnicast() && !addr.IsPrivate()
}

// IsHost tells whether a name is one that Parse accepts for a host, in lower
// case.
func IsHost(name string) bool { return isHost(name) }
