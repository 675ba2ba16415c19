// Package gate stands before the edge's SIP stack: it cuts a link's byte
// stream into messages, keeps to limits and deadlines, answers keep-alives, and
// lets through only what is well formed enough for the code behind it to rely
// on. What it refuses comes back as a *Reject, with the status that the peer is
// owed and whether its link can still be read.
//
// A Message is its bytes and an index over them. Nothing is normalised: what is
// echoed later is echoed as it came.
package gate
