package lync

import (
	"strconv"
	"strings"
)

// headSlots are the slots of an INVITE's head, after the description's.
var headSlots = [...]string{
	"to", "via", "branch", "party", "from", "display", "call-id", "gruu", "conversation",
}

// inviteHead is the head of a client's INVITE as it leaves the Access Edge, in
// the order of traces: each proxy puts its block on top and moves Max-Forwards
// and Content-Length under it, so that Via and Record-Route interleave and
// Content-Length comes early.
func (p *Profile) inviteHead(v variant) string {
	var b strings.Builder
	line := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
		b.WriteString("\n")
	}
	line("INVITE sip:{to} SIP/2.0")
	line("Record-Route: ", v.routes[0])
	line("Via: SIP/2.0/TLS {via};branch=z9hG4bK{branch}", v.viaTail)
	line("Max-Forwards: ", strconv.Itoa(v.forwards))
	line("Content-Length: {content-length}")
	b.WriteString(v.inner)
	for _, route := range v.routes[1:] {
		line("Record-Route: ", route)
	}
	line("P-Asserted-Identity: {display}<sip:{from}>", v.tel)
	line("From: {display}<sip:{from}>{party}")
	line("To: <sip:{to}>", v.toEpid)
	line("Call-ID: {call-id}")
	line("CSeq: 1 INVITE")
	line("Contact: <sip:{from};opaque=user:epid:{gruu};gruu>")
	line("User-Agent: ", p.client.agent)
	line("Supported: ms-dialog-route-set-update")
	line("Ms-Conversation-ID: {conversation}")
	for _, option := range []string{"timer", "histinfo", "ms-safe-transfer", "ms-sender", "ms-early-media", "100rel"} {
		line("Supported: ", option)
	}
	line("ms-keep-alive: UAC;hop-hop=yes")
	line("Allow: ", allow)
	line("ms-subnet: 10.1.9.0")
	line("Accept-Language: en-US")
	line("ms-endpoint-location-data: NetworkScope;ms-media-location-type=", v.location)
	line("Supported: replaces")
	line("Supported: ms-conf-invite")
	line("Content-Type: ", p.contentType())
	line("history-info: <sip:{to}>;index=1")
	return b.String()
}

// allow is what clients list. PRACK is not in it although they do 100rel.
const allow = "INVITE, BYE, ACK, CANCEL, INFO, UPDATE, REFER, NOTIFY, BENOTIFY, OPTIONS"

func (p *Profile) contentType() string {
	if p.client.multipart {
		return `multipart/alternative;boundary="` + boundary + `"`
	}
	return "application/sdp"
}
