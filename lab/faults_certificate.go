package lab

import (
	"slices"
	"time"

	"fedge/certs"
)

// certificateFaults are in the certificate that all nodes share, or give one
// node another.
func certificateFaults() []Fault {
	day := 24 * time.Hour
	shared := func(change func(*certs.Request)) func(*blueprint) {
		return func(b *blueprint) { change(&b.certificate) }
	}
	own := func(node string, c ownCertificate) func(*blueprint) {
		return func(b *blueprint) { b.give(node, c) }
	}
	return []Fault{
		{Name: "wrong-common-name", What: "the certificate's common name is a node's, not the pool's",
			Finds: []Finding{required("CRT-01", EveryNode)},
			apply: shared(func(r *certs.Request) { r.CommonName = firstSignaling })},
		{Name: "pool-not-in-san", What: "the pool's name is the common name and no subject alternative name",
			Finds: []Finding{required("CRT-02", EveryNode)},
			apply: shared(func(r *certs.Request) { r.Names = without(r.Names, poolHost) })},
		{Name: "cert-missing-node", What: "the certificate does not name " + secondSignaling,
			Finds: []Finding{required("CRT-03", EveryNode)},
			apply: shared(func(r *certs.Request) { r.Names = without(r.Names, secondSignaling) })},
		{Name: "no-bare-domain", What: "the certificate does not name the bare domain",
			Finds: []Finding{recommended("CRT-04", EveryNode)},
			apply: shared(func(r *certs.Request) { r.Names = without(r.Names, Domain) })},
		{Name: "wildcard", What: "the certificate has a wildcard in place of the hosts' names",
			Finds: []Finding{required("CRT-05", EveryNode)},
			apply: shared(func(r *certs.Request) { r.Names = []string{"*." + Domain, Domain} })},
		{Name: "untrusted-root", What: "the certificate is of an authority that partners do not know",
			Finds: []Finding{required("CRT-06", EveryNode)},
			apply: func(b *blueprint) { b.untrusted = true }},
		{Name: "intermediate-not-sent", What: "the nodes send their leaf without the intermediate",
			Finds: []Finding{required("CRT-07", EveryNode)},
			apply: shared(func(r *certs.Request) { r.LeafOnly = true })},
		{Name: "intermediate-not-sent-by-one", What: secondSignaling + " sends the same leaf as the others, without the intermediate",
			Finds: []Finding{required("CRT-07", secondSignaling)},
			apply: func(b *blueprint) { b.give(secondSignaling, ownCertificate{bare: true}) }},
		{Name: "client-only", What: "the certificate is for clients only (no serverAuth)",
			Finds: []Finding{required("CRT-08", EveryNode)},
			apply: shared(func(r *certs.Request) { r.ClientOnly = true })},
		{Name: "cert-no-clientauth", What: "the certificate is for servers only (no clientAuth)",
			Finds: []Finding{required("CRT-09", EveryNode)},
			apply: shared(func(r *certs.Request) { r.ServerOnly = true })},
		{Name: "public-authority", What: "the certificate is of an authority that is public by its name; such stop issuing clientAuth",
			Finds: []Finding{warning("CRT-18", EveryNode)},
			apply: func(b *blueprint) { b.authority = publicAuthority }},
		{Name: "public-authority-no-clientauth", What: "the certificate was renewed at such an authority, and is for servers only now",
			Finds: []Finding{required("CRT-09", EveryNode), warning("CRT-18", EveryNode)},
			apply: func(b *blueprint) { b.authority, b.certificate.ServerOnly = publicAuthority, true }},
		{Name: "certificates-differ", What: secondSignaling + " has a certificate of its own, as good as the shared one",
			Finds: []Finding{recommended("CRT-10", EveryNode)},
			apply: own(secondSignaling, ownCertificate{})},
		{Name: "cert-expired", What: "the certificate on every node expired yesterday",
			Finds: []Finding{required("CRT-11", EveryNode)},
			apply: shared(func(r *certs.Request) { r.NotBefore, r.NotAfter = time.Now().Add(-lifetime), time.Now().Add(-day) })},
		{Name: "cert-expired-on-one", What: "the certificate was renewed on every node but " + secondSignaling,
			Finds: []Finding{required("CRT-11", secondSignaling)},
			apply: own(secondSignaling, ownCertificate{change: func(r *certs.Request) {
				r.NotBefore, r.NotAfter = time.Now().Add(-lifetime), time.Now().Add(-day)
			}})},
		{Name: "cert-not-yet-valid", What: "the certificate on every node is valid from tomorrow on",
			Finds: []Finding{required("CRT-11", EveryNode)},
			apply: shared(func(r *certs.Request) { r.NotBefore = time.Now().Add(day) })},
		{Name: "expiring-soon", What: "the certificate on every node ends in ten days",
			Finds: []Finding{warning("CRT-11", EveryNode)},
			apply: shared(func(r *certs.Request) { r.NotAfter = time.Now().Add(10 * day) })},
		{Name: "weak-key", What: "the certificate has an RSA key of 1024 bits",
			Finds: []Finding{required("CRT-12", EveryNode)},
			apply: shared(func(r *certs.Request) { r.RSA = 1024 })},
		{Name: "media-node-other-certificate", What: lastMedia + " has a certificate for its own name alone",
			Finds: []Finding{required("CRT-15", lastMedia)},
			apply: own(lastMedia, ownCertificate{change: func(r *certs.Request) {
				r.CommonName, r.Names = lastMedia, []string{lastMedia}
			}})},
		{Name: "own-certificate-without-name", What: "by plan " + secondSignaling + " has a certificate of its own, and that does not name it", parts: true,
			Finds: []Finding{required("FQD-04", secondSignaling), recommended("CRT-10", EveryNode)},
			apply: own(secondSignaling, ownCertificate{change: func(r *certs.Request) { r.Names = without(r.Names, secondSignaling) }})},
		{Name: "self-signed", What: secondSignaling + " has the certificate that it came with",
			Finds: []Finding{required("CRT-17", secondSignaling)},
			apply: own(secondSignaling, ownCertificate{self: true, change: func(r *certs.Request) {
				r.CommonName, r.Names, r.RSA = "px02", nil, 2048
			}})},
	}
}

// publicAuthority has the name of one that partners trust; it is the lab's own.
const publicAuthority = "not Sectigo, but a lab's"

// ownCertificate is one that a node does not share.
type ownCertificate struct {
	change func(*certs.Request) // of the shared one; nil: none, but a key of its own
	self   bool                 // nobody else signed it
	bare   bool                 // the shared one itself, sent without its intermediates
}

func without(names []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == gone })
}
