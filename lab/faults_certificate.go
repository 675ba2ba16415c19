package lab

import (
	"slices"
	"time"

	"fedge/certs"
)

// certificateFaults are in the certificate that all nodes share, or give one
// node another.
func certificateFaults() []Fault {
	const day = 24 * time.Hour
	unnamed := func(name string) func(*blueprint) {
		return func(b *blueprint) { b.unnamed = append(b.unnamed, name) }
	}
	return []Fault{
		{Name: "wrong-common-name", What: "the certificate's common name is a node's, not the pool's",
			Finds: []Finding{required("CRT-01", EveryNode)},
			apply: func(b *blueprint) { set(b, "the certificate's common name", &b.certificate.CommonName, firstSignaling) }},
		{Name: "pool-not-in-san", What: "the pool's name is the common name and no subject alternative name",
			Finds: []Finding{required("CRT-02", EveryNode)},
			apply: unnamed(poolHost)},
		{Name: "cert-missing-node", What: "the certificate does not name " + secondSignaling,
			Finds: []Finding{required("CRT-03", EveryNode)},
			apply: func(b *blueprint) {
				b.wants(planned(secondSignaling), "the one that all share")
				b.unnamed = append(b.unnamed, secondSignaling)
			}},
		{Name: "no-bare-domain", What: "the certificate does not name the bare domain",
			Finds: []Finding{recommended("CRT-04", EveryNode)},
			apply: unnamed(Domain)},
		{Name: "wildcard", What: "the certificate has a wildcard in place of the hosts' names",
			Finds: []Finding{required("CRT-05", EveryNode)},
			apply: func(b *blueprint) { b.certificate.Names = []string{"*." + Domain, Domain} }},
		{Name: "untrusted-root", What: "the certificate is of an authority that partners do not know",
			Finds: []Finding{required("CRT-06", EveryNode)},
			apply: func(b *blueprint) { b.untrusted = true }},
		{Name: "intermediate-not-sent", What: "the nodes send their leaf without the intermediate",
			Finds: []Finding{required("CRT-07", EveryNode)},
			apply: func(b *blueprint) {
				b.wants(intermediateSent, "none")
				b.certificate.LeafOnly = true
			}},
		{Name: "intermediate-not-sent-by-one", What: secondSignaling + ", and no other node, sends its leaf without the intermediate",
			Finds: []Finding{required("CRT-07", secondSignaling)},
			apply: func(b *blueprint) {
				b.wants(intermediateSent, "none")
				b.install(secondSignaling).bare = true
			}},
		{Name: "client-only", What: "the certificate is for clients only (no serverAuth)",
			Finds: []Finding{required("CRT-08", EveryNode)},
			apply: func(b *blueprint) { b.certificate.ClientOnly = true }},
		{Name: "cert-no-clientauth", What: "the certificate is for servers only (no clientAuth)",
			Finds: []Finding{required("CRT-09", EveryNode)},
			apply: func(b *blueprint) { b.certificate.ServerOnly = true }},
		{Name: "intermediate-for-servers-only", What: "the certificate says serverAuth and clientAuth, and the intermediate above it allows serverAuth alone",
			Finds: []Finding{required("CRT-09", EveryNode)},
			apply: func(b *blueprint) {
				b.wants(intermediateSent, "one for servers")
				b.limited = true
			}},
		{Name: "public-authority", What: "the certificate is of an authority that is public by its name; such stop issuing clientAuth",
			Finds: []Finding{warning("CRT-18", EveryNode)},
			apply: func(b *blueprint) { set(b, "the certificate's authority", &b.authority, publicAuthority) }},
		{Name: "public-authority-no-clientauth", What: "the certificate was renewed at such an authority, and is for servers only now",
			Finds: []Finding{required("CRT-09", EveryNode), warning("CRT-18", EveryNode)},
			apply: func(b *blueprint) {
				set(b, "the certificate's authority", &b.authority, publicAuthority)
				b.certificate.ServerOnly = true
			}},
		{Name: "certificates-differ", What: secondSignaling + " has a certificate of its own, as good as the shared one",
			Finds: []Finding{recommended("CRT-10", EveryNode)},
			apply: func(b *blueprint) { b.issue(secondSignaling, func(*certs.Request) {}) }},
		{Name: "cert-expired", What: "the certificate on every node expired yesterday",
			Finds: []Finding{required("CRT-11", EveryNode)},
			apply: func(b *blueprint) {
				b.begins(b.at.Add(-lifetime))
				b.ends(b.at.Add(-day))
			}},
		{Name: "cert-expired-on-one", What: "the certificate was renewed on every node but " + secondSignaling,
			Finds: []Finding{required("CRT-11", secondSignaling)},
			apply: func(b *blueprint) {
				b.issue(secondSignaling, func(r *certs.Request) { r.NotBefore, r.NotAfter = b.at.Add(-lifetime), b.at.Add(-day) })
			}},
		{Name: "cert-not-yet-valid", What: "the certificate on every node is valid from tomorrow on",
			Finds: []Finding{required("CRT-11", EveryNode)},
			apply: func(b *blueprint) { b.begins(b.at.Add(day)) }},
		{Name: "expiring-soon", What: "the certificate on every node ends in ten days",
			Finds: []Finding{warning("CRT-11", EveryNode)},
			apply: func(b *blueprint) { b.ends(b.at.Add(10 * day)) }},
		{Name: "weak-key", What: "the certificate has an RSA key of 1024 bits",
			Finds: []Finding{required("CRT-12", EveryNode)},
			apply: func(b *blueprint) { set(b, "the size of the certificate's key", &b.certificate.RSA, 1024) }},
		{Name: "media-node-other-certificate", What: lastMedia + " has a certificate for its own name alone",
			Finds: []Finding{required("CRT-15", lastMedia)},
			apply: func(b *blueprint) {
				b.issue(lastMedia, func(r *certs.Request) { r.CommonName, r.Names = lastMedia, []string{lastMedia} })
			}},
		{Name: "own-certificate-without-name", What: "by plan " + secondSignaling + " has a certificate of its own, and that does not name it", parts: true,
			Finds: []Finding{required("FQD-04", secondSignaling), recommended("CRT-10", EveryNode)},
			apply: func(b *blueprint) {
				b.wants(planned(secondSignaling), "its own")
				b.issue(secondSignaling, func(r *certs.Request) { r.Names = without(r.Names, secondSignaling) })
			}},
		{Name: "one-certificate-for-two-domains", What: "the certificate of " + Domain + " names the second domain's hosts as well, and is on its nodes", doubles: true,
			Finds: []Finding{required("CRT-01", secondNodes)},
			apply: func(b *blueprint) { b.everywhere = true }},
		{Name: "self-signed", What: secondSignaling + " has the certificate that it came with",
			Finds: []Finding{required("CRT-17", secondSignaling)},
			apply: func(b *blueprint) {
				b.install(secondSignaling).self = true
				b.issue(secondSignaling, func(r *certs.Request) { r.CommonName, r.Names, r.RSA = "px02", nil, 2048 })
			}},
	}
}

// intermediateSent is what shows of the authority that issued the certificate.
const intermediateSent = "the intermediate that nodes send"

// publicAuthority has the name of one that partners trust; it is the lab's own.
const publicAuthority = "not Sectigo, but a lab's"

// ownCertificate is one that a node does not share. What faults make of it adds
// up, over what they make of the shared one.
type ownCertificate struct {
	changes []func(*certs.Request) // of the shared one, which has another key; none: it is the shared one
	self    bool                   // nobody else signed it
	bare    bool                   // it is sent without its intermediates
}

// install puts a certificate of its own on a node.
func (b *blueprint) install(node string) *ownCertificate {
	if b.own[node] == nil {
		b.own[node] = &ownCertificate{}
		n := b.configure(node)
		n.Certificate, n.Key = node+".pem", node+"-key.pem"
	}
	return b.own[node]
}

// issue makes the certificate of one node another than the shared one.
func (b *blueprint) issue(node string, change func(*certs.Request)) {
	own := b.install(node)
	own.changes = append(own.changes, change)
}

// request is for the certificate that all nodes share.
func (b *blueprint) request() certs.Request {
	r := b.certificate
	r.Names = slices.DeleteFunc(slices.Clone(r.Names), func(name string) bool { return slices.Contains(b.unnamed, name) })
	if b.everywhere {
		for _, d := range b.plan.Domains[1:] {
			r.Names = append(r.Names, secondNames(b.plan, d)...)
		}
	}
	return r
}

// begins sets from when on the shared certificate is valid, and ends until when.
func (b *blueprint) begins(at time.Time) {
	set(b, "the beginning of the certificate's validity", &b.certificate.NotBefore, at)
}

func (b *blueprint) ends(at time.Time) {
	set(b, "the end of the certificate's validity", &b.certificate.NotAfter, at)
}

// planned is which certificate a node has by plan.
func planned(node string) string { return "the certificate that is planned for " + node }

func without(names []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == gone })
}
