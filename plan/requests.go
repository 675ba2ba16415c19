package plan

import "slices"

// CertificateRequest is one certificate to ask an authority for.
type CertificateRequest struct {
	File       string   `json:"file"` // what to call its files: the pool host, or the (first) node that has one of its own
	Domain     string   `json:"domain"`
	CommonName string   `json:"common_name"` // the pool host (rule CRT-01)
	Names      []string `json:"names"`       // the subject alternative names, common name first (CRT-02 to CRT-04)
	Nodes      []string `json:"nodes"`       // where to install it
}

// Requests lists the certificates that the plan needs: for each domain one that
// all its nodes share (CRT-10), and one for each node that the plan gives a
// certificate of its own, or for all that it gives the same. Without calls
// outward only the nodes behind the SRV record need one; with them every node
// that is not inside does, for any may place a call (CRT-15).
func (p *Plan) Requests() []CertificateRequest {
	var requests []CertificateRequest
	for _, d := range p.Domains {
		var shared, own []Node
		for _, n := range p.Nodes {
			switch {
			case p.domainOf(n) != d.Name || !p.shows(n):
			case n.Certificate == "":
				shared = append(shared, n)
			default:
				own = append(own, n)
			}
		}
		if len(shared) > 0 {
			// The shared one names every node: which of them have one of their
			// own is easily changed, a certificate is not.
			requests = append(requests, p.request(d, d.Pool, shared, slices.Concat(shared, own)))
		}
		for len(own) > 0 {
			var same, rest []Node
			for _, n := range own {
				if n.Certificate == own[0].Certificate {
					same = append(same, n)
				} else {
					rest = append(rest, n)
				}
			}
			requests = append(requests, p.request(d, same[0].Name, same, same))
			own = rest
		}
	}
	return requests
}

// ToRequest are the Requests to make: none for a domain that is Office 365's,
// for which calls never come here (rule DNS-14).
func (p *Plan) ToRequest() []CertificateRequest {
	return slices.DeleteFunc(p.Requests(), func(r CertificateRequest) bool { return p.tenants(r.Domain) })
}

// Sharing lists the nodes that are to have one certificate with a node, itself
// among them: those that Requests wants it installed on. Nobody gets to see that
// of a node that is in none.
func (p *Plan) Sharing(node string) []string {
	for _, r := range p.Requests() {
		if slices.Contains(r.Nodes, canonical(node)) {
			return r.Nodes
		}
	}
	return nil
}

// shows tells whether partners get to see a node's certificate.
func (p *Plan) shows(n Node) bool { return !p.Inside(n) && (p.Outbound || n.Has(Signaling)) }

func (p *Plan) request(d Domain, file string, on, named []Node) CertificateRequest {
	r := CertificateRequest{File: file, Domain: d.Name, CommonName: d.Pool, Names: []string{d.Pool}}
	add := func(name string) {
		if name != "" && !slices.Contains(r.Names, name) {
			r.Names = append(r.Names, name)
		}
	}
	for _, n := range on {
		r.Nodes = append(r.Nodes, n.Name)
	}
	for _, n := range p.Nodes { // in the order of the file
		if slices.ContainsFunc(named, func(other Node) bool { return other.Name == n.Name }) {
			add(n.Name)
		}
	}
	// A call whose From is in another of our domains is proved by that
	// domain's pool host (rule DOM-03).
	for _, n := range on {
		if from, ok := p.Domain(p.fromDomain(n.Name)); ok && p.Outbound {
			add(from.Pool)
		}
	}
	add(d.Name)
	return r
}
