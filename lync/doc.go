// Package lync is a simulated Lync or Skype for Business organisation: its
// Access Edge and the clients behind it, with real media.
//
// It puts on the wire what traces of such organisations show, and it is as
// strict as they are: an Edge talks to a host directly under the SIP domain
// whose certificate says so, and to nobody else, in either direction.
//
// An [Org] places and answers single calls. Who needs thousands takes the
// parts: [Edge.Dial] for links that are proved as an Access Edge proves them,
// [NewProfile] and [Describe] for what the messages look like, [NewIDs] for
// names, and a [Machine] for each call, which has no goroutine and no clock.
package lync
