package lync

import (
	"strconv"
	"strings"

	"fedge/capture"
	"fedge/sip/raw"
)

// magic begins every branch (RFC 3261 §8.1.1.7).
const magic = "z9hG4bK"

// send wants a message written. The same bytes may be sent twice: nobody may
// change them.
func (m *Machine) send(b []byte, label, cseq string) {
	m.do(Action{Kind: Send, Bytes: b, Label: capture.Label{Text: label, CallID: m.callID, CSeq: cseq}})
}

// renderInvite renders the INVITE from the variant's template.
func (m *Machine) renderInvite() []byte {
	var values [len(offerSlots) + len(identitySlots) + len(headSlots)]string
	m.descriptionValues(values[:], m.offer)
	display, rest, _ := strings.Cut(m.local, "<sip:")
	address, party, _ := strings.Cut(rest, ">")
	copy(values[len(offerSlots)+len(identitySlots):], []string{
		strings.TrimPrefix(m.uri, "sip:"), m.via, m.invite.branch, party, address, display, m.callID,
		m.id.gruu() + "AA", m.id.conversation() + "==",
	})
	template := m.variant.inviteAudio
	if m.offer.offer.Video.RTP != 0 {
		template = m.variant.inviteVideo
	}
	return template.Append(nil, values[:]...)
}

// describe renders a description by itself.
func (m *Machine) describe(d *Description) []byte {
	var values [len(offerSlots) + len(identitySlots)]string
	m.descriptionValues(values[:], d)
	template := m.profile.audio
	if d.offer.Video.RTP != 0 {
		template = m.profile.video
	}
	return template.Append(nil, values[:]...)
}

func (m *Machine) descriptionValues(values []string, d *Description) {
	n := copy(values, d.values[:])
	copy(values[n:], []string{m.id.ufrag(0), m.id.password(0), m.id.ufrag(1), m.id.password(1)})
}

// render writes a request in the dialog: the Edge's Via on top, those of the
// proxies and the client below, Route as far as it is left when it has passed
// our own proxies.
func (m *Machine) render(method, uri string, t transaction, extra string, body []byte) []byte {
	b := make([]byte, 0, 1024+len(m.variant.inner)+len(extra)+len(body))
	b = m.appendStart(b, method, uri, t.branch, len(body))
	b = append(b, m.variant.inner...)
	for _, route := range m.routes {
		b = appendLine(b, "Route: ", route)
	}
	b = appendLine(b, "From: ", m.local)
	b = appendLine(b, "To: ", m.remote)
	b = appendLine(b, "Call-ID: ", m.callID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(t.cseq), 10)
	b = appendLine(b, " ", method)
	b = append(b, extra...)
	b = appendLine(b, "User-Agent: ", m.profile.client.agent)
	b = append(b, "Supported: ms-dialog-route-set-update\r\nSupported: timer\r\n"...)
	if method == "INVITE" {
		b = appendLine(b, "Allow: ", allow)
	}
	if len(body) > 0 {
		b = append(b, "Content-Type: application/sdp\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, body...)
}

// renderHop writes a request that the Edge makes by itself for the INVITE's
// transaction: CANCEL, or the ACK of a refusal (RFC 3261 §9.1, §17.1.1.3).
func (m *Machine) renderHop(method, to string) []byte {
	b := make([]byte, 0, 512)
	b = m.appendStart(b, method, m.uri, m.invite.branch, 0)
	b = appendLine(b, "From: ", m.local)
	b = appendLine(b, "To: ", to)
	b = appendLine(b, "Call-ID: ", m.callID)
	b = appendLine(b, "CSeq: 1 ", method)
	return append(b, "\r\n"...)
}

// appendStart writes the start line and the Edge's block.
func (m *Machine) appendStart(b []byte, method, uri, branch string, length int) []byte {
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, uri...)
	b = append(b, " SIP/2.0\r\nVia: SIP/2.0/TLS "...)
	b = append(b, m.via...)
	b = append(b, ";branch="+magic...)
	b = append(b, branch...)
	b = appendLine(b, m.variant.viaTail, "")
	b = append(b, "Max-Forwards: "...)
	b = strconv.AppendInt(b, int64(m.variant.forwards), 10)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(length), 10)
	return append(b, "\r\n"...)
}

func appendLine(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// newBranch names the transaction of the request that cseq counts.
func (m *Machine) newBranch(method string) string {
	kind := uint64(0)
	if method == "ACK" {
		kind = 1
	}
	b := make([]byte, 0, 32)
	b = appendHex(b, uint64(m.cseq)<<1|kind, "0123456789ABCDEF")[8:]
	b = append(b, '.')
	return string(append(b, m.id.branchTail()...))
}

// learn takes the dialog from a response that creates one: remote tag, target,
// and what is left of the route set once our own proxies have used theirs.
func (m *Machine) learn(r *raw.Message) {
	m.remote, m.remoteTag = r.Get("To"), r.Tag("To")
	m.target = contactOf(r)
	if m.target == "" {
		m.target = m.uri
	}
	m.routes = m.routes[:0]
	recorded := r.List("Record-Route")
	// The last ones are ours; what stands before them the peer's side added.
	// The route set is the reverse (RFC 3261 §12.1.2).
	for i := len(recorded) - len(m.variant.routes) - 1; i >= 0; i-- {
		m.routes = append(m.routes, bracketed(recorded[i]))
	}
}

// contactOf is the URI of the first Contact, "" without one.
func contactOf(m *raw.Message) string {
	list := m.List("Contact")
	if len(list) == 0 {
		return ""
	}
	addr, err := raw.ParseNameAddr(list[0])
	if err != nil {
		return ""
	}
	return addr.URI.Original
}

// bracketed is a Record-Route value without display name and field parameters,
// as it stands in a Route.
func bracketed(route string) string {
	if open, end := strings.IndexByte(route, '<'), strings.IndexByte(route, '>'); open >= 0 && end > open {
		return route[open : end+1]
	}
	return route
}
