package plan

import (
	"fmt"
	"net/netip"
	"strings"
)

// FromURI is the From of a call that node places for caller, which is a URI or
// an alias: "sip:USER@DOMAIN". The user part is kept, and escaped where the
// grammar asks for it; parameters, ports and passwords, which a From may not
// hold (RFC 3261 §19.1.1 table 1), are not.
//
// With FromAlways DOMAIN is the deployment's: the from_domain of the node's
// location, or else the domain that the node lies in. With FromDefaultOnly a
// caller that is a valid SIP alias keeps its own domain, whoever's it is; only
// one without a user, or at a host or an address, gets the deployment's.
func (p *Plan) FromURI(node, caller string) string {
	a := parseAddress(caller)
	domain := p.fromDomain(node)
	if p.From == FromDefaultOnly && a.user != "" {
		home := p.home(a.host)
		if _, err := netip.ParseAddr(home); err != nil && isHost(home) {
			domain = home
		}
	}
	if a.user == "" {
		return "sip:" + domain
	}
	return "sip:" + escapeUser(a.user) + "@" + domain
}

// fromDomain is the domain that calls of a node come from.
func (p *Plan) fromDomain(node string) string {
	n, _ := p.Node(node)
	if l, ok := p.Location(n.Location); ok && l.FromDomain != "" {
		return l.FromDomain
	}
	if d, ok := p.Domain(n.Name); ok {
		return d.Name
	}
	if len(p.Domains) > 0 {
		return p.Domains[0].Name
	}
	return ""
}

// escapeUser escapes every byte that the user part of a SIP URI may not hold as
// it is (RFC 3261 §25.1: unreserved, user-unreserved, escaped). Escapes that
// are there already stay.
func escapeUser(user string) string {
	var out strings.Builder
	for i := range len(user) {
		switch c := user[i]; {
		case plainInUser(c), c == '%' && i+2 < len(user) && isHex(user[i+1]) && isHex(user[i+2]):
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

func plainInUser(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
