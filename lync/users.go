package lync

import (
	"net/url"
	"slices"
	"strings"

	"fedge/capture"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// Has tells whether somebody is a user of the organisation, by name or in full.
// One that lists no users has whomever is asked for.
func (c Config) Has(user string) bool {
	return len(c.Users) == 0 || slices.ContainsFunc(c.Users, func(u string) bool {
		return strings.EqualFold(c.Full(u), c.Full(user))
	})
}

// Full is a user's address: user@domain.
func (c Config) Full(user string) string {
	if strings.Contains(user, "@") {
		return user
	}
	return user + "@" + c.Domain
}

// knows tells whether a call is for a user of ours.
func (o *Org) knows(invite *raw.Message) bool {
	uri, err := raw.ParseURI(invite.RequestURI())
	if err != nil {
		return true // for others to judge
	}
	if user, err := url.PathUnescape(uri.User); err == nil { // RFC 3261 §19.1.4
		uri.User = user
	}
	return o.cfg.Has(uri.Address())
}

// nobody refuses a call for a user that there is not, as our user services do.
// Beyond the organisation only ms-diagnostics-public is seen, which has no source
// ([MS-OCER] 2.2.1.2).
func (o *Org) nobody(l *link.Link, invite *raw.Message) *Diagnostic {
	d := diagnose(DiagNoUser, nil)
	d.Status = 404
	o.refused(l, invite, d)
	b := raw.Respond(invite, d.Status, "Not Found", o.ids.Next().Tag()).Length().
		Header("Server", o.edge.profile.edge.server).Header("ms-diagnostics-public", d.Header())
	l.Send(b.Bytes(), capture.Label{Text: statusText(d.Status, "INVITE"), CallID: invite.CallID(), CSeq: invite.Get("CSeq")})
	return d
}
