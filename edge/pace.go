package edge

import (
	"slices"
	"strings"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
)

// usualPace is what Skype for Business takes of a partner that merely discovered
// us: 20 messages a second, and one a second when most of them fail.
const usualPace = 20

// pace says how many messages a second the partner at a link's other end takes,
// 0 any number, and by which name it is known, over whatever link. Whom our
// operator has listed is thought to list us too.
func (e *Edge) pace(l *link.Link) (partner string, most int) {
	peer := l.Peer()
	if e.trust.listed(peer) || e.trust.lists(peer) || mutant.On("trust.burst") {
		return "", 0
	}
	partner = l.RemoteAddr().Addr().String()
	if names := peer.Names(); peer.Err == nil && len(names) > 0 {
		partner = names[0]
	}
	if most = e.config.Plan.Limits.Outbound; most == 0 {
		most = usualPace
	}
	return partner, most
}

// lists tells whether a peer has proved a name in the domain of an allowed
// partner. It may lie deeper in there than that of one who speaks for it.
func (t *trust) lists(peer link.Identity) bool {
	return peer.Err == nil && slices.ContainsFunc(t.plan.Partners, func(p plan.Partner) bool {
		return p.Trust == plan.Allowed && slices.ContainsFunc(peer.Names(), func(name string) bool {
			return name == p.Domain || strings.HasSuffix(name, "."+p.Domain)
		})
	})
}
