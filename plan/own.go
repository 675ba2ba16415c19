package plan

// Own tells whether a host is the deployment's: one of its SIP domains, a pool,
// a node, or a node's address, inside or public. Case, brackets and a trailing
// dot do not matter.
func (p *Plan) Own(host string) bool {
	home := p.home(hostOf(host))
	for _, d := range p.Domains {
		if home == d.Name {
			return true
		}
	}
	return false
}
