package plan

import (
	"slices"

	"fedge/shell"
)

// RequestsSince is Requests for the time of a change: names that nodes still go
// by until it is done are in them as well. It leaves out certificates that the
// old plan has already, with all their names.
func (p *Plan) RequestsSince(old *Plan) []CertificateRequest {
	c := &change{old: old, new: p}
	c.renamed = c.renames()
	var out []CertificateRequest
	for _, r := range c.requests() {
		if !c.has(r) {
			out = append(out, r)
		}
	}
	return out
}

// requests are those of the new plan, each with the old names of its nodes.
func (c *change) requests() []CertificateRequest {
	requests := c.new.Requests()
	for i := range requests {
		r := &requests[i]
		add := func(name string) {
			if !slices.Contains(r.Names, name) {
				r.Names = append(r.Names, name)
			}
		}
		for _, d := range c.old.Domains {
			if d.Name == r.Domain {
				add(d.Pool) // calls arrive under it until the record is moved
			}
		}
		for _, name := range r.Nodes {
			n, _ := c.new.Node(name)
			was, known := c.before(n)
			if !known || !c.old.shows(was) {
				continue
			}
			d, _ := c.old.Domain(was.Name)
			if was.Name != n.Name || d.Pool != r.CommonName {
				add(d.Pool)
				add(was.Name)
				add(d.Name)
			}
		}
	}
	return requests
}

// has tells whether the old plan's certificate of that file will do.
func (c *change) has(r CertificateRequest) bool {
	return slices.ContainsFunc(c.old.Requests(), func(was CertificateRequest) bool {
		return was.File == r.File && was.CommonName == r.CommonName &&
			!slices.ContainsFunc(r.Names, func(name string) bool { return !slices.Contains(was.Names, name) })
	})
}

// certify brings the certificates that are needed at any time of the change to
// every node before the first name is used.
func (c *change) certify() {
	for _, r := range c.requests() {
		if !c.has(r) {
			rules := []string{"CRT-01", "CRT-03", "CRT-09", "CRT-10", "EXP-01"}
			if c.new.Outbound {
				rules = append(rules, "CRT-15")
			}
			c.step(Step{
				Title: "Get a new certificate and install it on every node that it is for", Where: atAuthority,
				Certificates: []CertificateRequest{r}, Rules: rules,
				Do:  []string{shell.Line("simulator", "plan", c.new.Path, "--since", c.old.Path, "--csr", "DIR") + " makes the request"},
				Why: "the old certificate goes on working until then; with the new one on some nodes only, calls would fail on the others later, one in so many. A node that is not there yet gets it when it is added",
			})
			continue
		}
		var lacking []string
		for _, name := range r.Nodes {
			n, _ := c.new.Node(name)
			if was, known := c.before(n); known && !c.carries(was, r.File) {
				lacking = append(lacking, name)
			}
		}
		if len(lacking) > 0 {
			r.Nodes = lacking
			c.step(Step{
				Title: "Install the certificate that the other nodes have already", Where: atPlatform,
				Certificates: []CertificateRequest{r}, Rules: []string{"CRT-10", "CRT-15"},
				Why: "it names these nodes already",
			})
		}
	}
}

// carries tells whether a node of the old plan has that certificate.
func (c *change) carries(was Node, file string) bool {
	return slices.ContainsFunc(c.old.Requests(), func(r CertificateRequest) bool {
		return r.File == file && slices.Contains(r.Nodes, was.Name)
	})
}
