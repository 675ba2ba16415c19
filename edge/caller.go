package edge

import (
	"strings"

	"fedge/mutant"
	"fedge/sip/stack"
)

// from is the URI that a call of this alias comes from: by the plan's rule, and
// by what is set on this node alone.
func (e *Edge) from(alias string) string {
	from := e.config.Settings.from(e.config.Plan.FromURI(e.node.Name, alias))
	user, host, _ := strings.Cut(alias, "@")
	switch {
	case mutant.On("id.no-rewrite"), isAddress(host) && mutant.On("id.ip-from"):
		return "sip:" + alias
	case mutant.On("id.global-only"):
		return "sip:" + user + "@" + e.config.Plan.Domains[0].Name
	case mutant.On("id.user-raw"):
		return strings.ReplaceAll(from, "%20", "+")
	}
	return from
}

// outgoing is the INVITE of a call of ours. From is all that it says about the
// caller: there is no identity beside it that could contradict it, or tell more
// than partners may know (RFC 3325 §7).
func (e *Edge) outgoing(to, from, alias, contact string) stack.Outgoing {
	o := stack.Outgoing{URI: to, From: from, To: "<" + to + ">", Contact: contact, ContentType: "application/sdp"}
	switch {
	case mutant.On("sips.upgrade"):
		o.URI = "sips:" + strings.TrimPrefix(to, "sip:")
	case mutant.On("id.rewrite-to"):
		o.To = strings.ToLower(o.To)
	case mutant.On("id.leak-pai"):
		o.Headers = []stack.Header{{Name: "P-Asserted-Identity", Value: "<sip:" + alias + ">"}}
	}
	return o
}
