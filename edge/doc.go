// Package edge is the Conferencing Node: it takes calls of federated Lync and
// Skype for Business organisations into rooms, and places calls to them.
//
// A call comes in over a link whose peer has proved a name (tls.go). One
// goroutine owns it from its INVITE to its end (call.go): may the peer speak
// for the domain in From (trust.go), which room is it for, which media node of
// the pool takes it (inbound.go). A call goes out by DNS (locate.go) over a
// link verified for the name that DNS gave (trunks.go), with the From that the
// plan wants (outbound.go). Media descriptions pass through as bytes: the media
// node is the authority on them.
package edge
