// Package lab is the whole world on one machine's loopback: a public DMZ
// deployment, a federated partner, an authoritative name server and the
// authority that issued everybody's certificates; in one process, or with one
// process a signaling node.
//
// A fault changes the zone, a certificate, a node or the network: never the
// plan that check reads, never an observer or a rule.
//
// Faults add up, in whichever order they are named. Two compose if check says of
// both what it says of each: on everything on which a rule fails for one of them
// alone, that rule fails, or is not checked because of a rule that fails. It
// never passes there, and the verdict is no better. Two that want one thing to be
// two ways have no world; they are refused as [ConflictingFaults]. There is no
// third kind: TestPairs holds every two to it.
package lab
