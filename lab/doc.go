// Package lab is the whole world on one machine's loopback: a public DMZ
// deployment, a federated partner, an authoritative name server and the
// authority that issued everybody's certificates; in one process, or with one
// process a signaling node.
//
// A fault changes the zone, a certificate, a node or the network: never the
// plan that check reads, never an observer or a rule.
package lab
