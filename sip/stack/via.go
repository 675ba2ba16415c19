package stack

import (
	"net/netip"
	"strconv"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
)

// appendVias appends a response's Via lines: the request's as they came, but
// that the topmost says where the request really came from (RFC 3261 §18.2.1,
// RFC 3581 §4). Nothing else of it changes.
func appendVias(b []byte, m *Message, from netip.AddrPort) []byte {
	first := true
	for line := range m.Lines("Via") {
		if !first && mutant.On("v6.via-mix") && strings.Contains(line, "[") {
			continue
		}
		b = append(b, "Via: "...)
		if top, rest := gate.CutMember(line); first && strings.Trim(top, " \t\r\n") != "" {
			b = append(appendTop(b, top, m.Via(), from), rest...)
			first = false
		} else {
			b = append(b, line...)
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// appendTop appends the topmost Via. A received that the peer wrote itself is
// overwritten: responses go by the link, and nobody is led astray.
func appendTop(b []byte, top string, v gate.Via, from netip.AddrPort) []byte {
	if mutant.On("via.no-received") {
		return append(b, top...)
	}
	_, _, _, rport := v.Params.Find("rport")
	claimed := v.Params.Has("received")
	if mutant.On("via.trust-received") && claimed {
		return append(b, top...)
	}
	if host, err := netip.ParseAddr(strings.Trim(v.Host, "[]")); !rport && !claimed && err == nil && host.Unmap() == from.Addr() {
		return append(b, top...)
	}
	cut := strings.IndexByte(top, ';')
	if cut < 0 {
		b = append(b, strings.TrimRight(top, " \t\r\n")...)
		return from.Addr().AppendTo(append(b, ";received="...))
	}
	params := top[cut:]
	b = append(b, top[:cut]...)
	if rport {
		params = replace(params, "rport", strconv.Itoa(int(from.Port())))
	}
	if claimed {
		return append(b, replace(params, "received", from.Addr().String())...)
	}
	b = append(b, strings.TrimRight(params, " \t\r\n")...)
	return from.Addr().AppendTo(append(b, ";received="...))
}

// replace gives a parameter that is there a value.
func replace(params, name, value string) string {
	start, end, equals, ok := gate.Params(params).Find(name)
	switch {
	case !ok:
		return params
	case equals:
		return params[:start] + value + params[end:]
	default:
		return params[:start] + "=" + value + params[end:]
	}
}

// astray is where mutants send an answer by another way than the link of its
// request (RFC 3261 §18.2.2); by UDP is as good as not at all.
func (tx *serverTx) astray(b []byte) bool {
	if mutant.On("via.trust-proto") && !strings.EqualFold(tx.handle.request.Via().Transport, "TLS") {
		return true
	}
	if !mutant.On("con.reply-newest") {
		return false
	}
	for l := range tx.s.conns {
		if l != tx.conn.link && same(l.Peer(), tx.conn.link.Peer()) {
			return l.Send(b, tx.label()) == nil
		}
	}
	return false
}
