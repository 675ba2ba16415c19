package edge

import (
	"fmt"
	"strings"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// dialled finds the room that an INVITE is for. Parameters that are not ours to
// understand, such as the opaque and gruu of a conference's focus, change
// nothing about it (RFC 3261 §19.1.1).
func (e *Edge) dialled(invite *stack.Message) (plan.Room, stack.Response, error) {
	uri, domain := invite.URI(), e.config.Plan.Domains[0].Name
	room, ok := e.config.Plan.Room(looked(uri))
	switch {
	case mutant.On("id.trailing-dot"):
		ok = ok && !strings.HasSuffix(uri, ".")
	case mutant.On("rt.exact-host"):
		ok = ok && strings.HasSuffix(uri, "@"+domain)
	case mutant.On("rt.opaque-route"):
		ok = ok && !strings.Contains(uri, ";opaque=")
	case mutant.On("rt.tel") && strings.HasPrefix(uri, "tel:"):
		room, ok = e.config.Plan.Rooms[0], true
	case !ok && mutant.On("sec.relay-ruri"):
		user, _, _ := strings.Cut(uri, "@")
		room, ok = e.config.Plan.Room(user + "@" + domain)
	}
	switch {
	case ok:
		return room, stack.Response{}, nil
	case mutant.On("rt.404-480"):
		return room, stack.Response{Status: 480}, errUnknownRoom
	}
	return room, stack.Response{Status: 404}, fmt.Errorf("%w: %q", errUnknownRoom, uri)
}

// contact is where requests of a call in this room reach this node: its own
// name, never the pool's and never an address.
func (e *Edge) contact(room plan.Room, secured bool) string {
	uri := e.config.Plan.FromURI(e.node.Name, room.Aliases[0])
	user, _, _ := strings.Cut(strings.TrimPrefix(uri, "sip:"), "@")
	at := fmt.Sprintf("%s@%s:%d", user, e.config.Settings.FQDN, e.config.Port)
	if mutant.On("id.ip-contact") {
		at = fmt.Sprintf("%s@%s:%d", user, e.node.PublicAddr(), e.config.Port)
	}
	if secured && !mutant.On("sips.downgrade") {
		return "<sips:" + at + ">" // transport=tls has no place there (RFC 5630 §3.1.4)
	}
	return "<sip:" + at + ";transport=tls>"
}

// secured tells whether the Contact of an answer must be SIPS (RFC 3261
// §12.1.1): as the Request-URI, or else as where our requests would go first.
func secured(invite *stack.Message) bool {
	first := invite.Header("Contact")
	for value := range invite.List("Record-Route") {
		first = value
		break
	}
	hop, err := gate.ParseAddress(first)
	return isSIPS(invite.URI()) || err == nil && isSIPS(hop.URI)
}

func isSIPS(uri string) bool {
	const scheme = "sips:"
	return len(uri) > len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme)
}
