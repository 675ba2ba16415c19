package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/certs"
)

// gap is what a chain lacks that leads to no trusted root. From outside an
// issuer that was not sent is a name: whether of an intermediate authority,
// which the node forgot (CRT-07), or of a root that nobody knows (CRT-06), can
// show elsewhere, or by the name.
type gap string

const (
	noGap         gap = ""
	missingMiddle gap = "intermediate" // an authority below a root
	unknownRoot   gap = "root"         // one that is not trusted here
	eitherOne     gap = "either"       // nothing tells
)

// gap looks at what was sent, then at what others sent, then at the name.
func (w *world) gap(t Trust) gap {
	switch {
	case t.Anchored:
		return noGap
	case t.Missing == "": // it ends at a root, which was sent
		return unknownRoot
	}
	if kind := w.sentElsewhere(t.Missing); kind != noGap {
		return kind
	}
	words := strings.FieldsFunc(strings.ToLower(t.Missing), func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz", r) })
	switch {
	case t.Steps == 1 && publicIssuer([]certs.Facts{{Issuer: t.Missing}}) != "": // those issue nothing from a root
		return missingMiddle
	case slices.Contains(words, "root"):
		return unknownRoot
	case slices.Contains(words, "intermediate"), slices.Contains(words, "issuing"), slices.Contains(words, "subordinate"):
		return missingMiddle
	}
	return eitherOne
}

// sentElsewhere tells what an issuer is by a chain that somebody else sent.
func (w *world) sentElsewhere(issuer string) gap {
	for _, c := range w.chainsSeen() {
		for i, link := range c.chain {
			if link.Issuer != issuer || !c.trust.needs(i) || c.trust.Disordered {
				continue
			}
			switch {
			case link.SelfSigned, i+1 < len(c.chain) && c.chain[i+1].SelfSigned:
				return unknownRoot
			case i+1 < len(c.chain) && c.trust.needs(i+1):
				return missingMiddle
			}
		}
	}
	return noGap
}

// chainsSeen is every chain that came from anybody.
func (w *world) chainsSeen() (list []shown) {
	add := func(chain []certs.Facts, t *Trust) {
		if len(chain) > 0 && t != nil {
			list = append(list, shown{leaf: chain[0], chain: chain, trust: *t})
		}
	}
	for _, e := range w.facts.Endpoints {
		for _, h := range e.Handshakes {
			add(h.Chain, h.Trust)
		}
	}
	for _, o := range w.facts.Outbound {
		add(o.Chain, o.Trust)
	}
	for _, e := range w.facts.Partners {
		if e.Handshake != nil {
			add(e.Handshake.Chain, e.Handshake.Trust)
		}
	}
	return list
}

// unsent tells whether a chain lacks an intermediate, for all that shows, and
// says of it what is known and what to do about it on nodes.
func (w *world) unsent(t Trust, nodes string) (said, fix string, lacking bool) {
	if t.Insecure && t.Steps > 1 { // whether its issuer is a trusted root cannot be verified
		return "", "", false
	}
	if t.Wrong != "" {
		return fmt.Sprintf("the %s that was sent did not sign the certificate below it: %s", t.Missing, t.Wrong),
			fmt.Sprintf("install on %s the intermediate certificate of %s that came with the leaf: its authority has several, or this one may not sign", nodes, t.Missing), true
	}
	install := fmt.Sprintf("install the intermediate certificate of %s on %s beside the leaf", t.Missing, nodes)
	switch w.gap(t) {
	case missingMiddle:
		return t.Missing + " was not sent and is no root that is trusted here", install, true
	case eitherOne:
		return t.Missing + " was not sent and is no root that is trusted here; whether it is an intermediate authority, or a root of its own, does not show",
			install + "; if it is a root: partners do not know it, use a certificate of an authority that they trust (CRT-06)", true
	}
	return "", "", false
}
