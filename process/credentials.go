package process

import (
	"fedge/certs"
	"fedge/edge"
	"fedge/plan"
)

// Credentials reads a node's certificate, key and trust anchors from the files
// that the plan names. Errors say which file, and what is wrong with it.
func Credentials(p *plan.Plan, n plan.Node) (c edge.Credentials, err error) {
	file, key := p.Files(n)
	if c.Certificate, err = certs.Read(file, key); err != nil {
		return c, err
	}
	if p.Certificates.Roots != "" { // else the system's
		if c.Roots, err = certs.ReadRoots(p.Certificates.Roots); err != nil {
			return c, err
		}
	}
	if p.Certificates.Revoked != "" {
		c.Revoked, err = certs.ReadRevoked(p.Certificates.Revoked)
	}
	return c, err
}

// Reload reads the certificates, keys, roots and revocation lists of all nodes
// again. If one of them cannot be read, none of the nodes changes.
func (p *Process) Reload() error {
	fresh := make([]edge.Credentials, len(p.nodes))
	for i, h := range p.nodes {
		var err error
		if fresh[i], err = Credentials(p.cfg.Plan, h.plan); err != nil {
			return err
		}
	}
	for i, h := range p.nodes {
		if err := h.edge.Renew(fresh[i]); err != nil {
			return err
		}
	}
	return nil
}
