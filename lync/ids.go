package lync

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
)

// IDs gives every call of a run names of its own: a run number makes runs
// differ, a counter makes calls differ. It is safe for concurrent use.
type IDs struct {
	run  uint64
	last atomic.Uint64
}

// NewIDs begins a run. Run 0 draws a random one; any other number repeats the
// same names, for golden bytes.
func NewIDs(run uint64) *IDs {
	if run == 0 {
		var b [8]byte
		crand.Read(b[:]) // never fails since Go 1.24
		run = binary.BigEndian.Uint64(b[:]) | 1
	}
	return &IDs{run: run}
}

// ID is the names of one call's client side, in the forms that clients use.
type ID struct{ text string }

// Next names the next call.
func (s *IDs) Next() ID {
	n := s.last.Add(1)
	const lower, upper = "0123456789abcdef", "0123456789ABCDEF"
	b := make([]byte, 0, idEnd)
	// The run and a bijection of the counter: unique by construction.
	b = appendHex(b, s.run, lower)
	b = appendHex(b, scatter(n^s.run), lower)
	random := rand.NewPCG(s.run, n)
	b = appendHex(b, random.Uint64(), lower)
	b = appendHex(b, random.Uint64(), lower)
	b = appendHex(b, random.Uint64(), upper)
	b = appendHex(b, random.Uint64(), upper)
	for len(b) < idEnd {
		for v, i := random.Uint64(), 0; i < 10 && len(b) < idEnd; i, v = i+1, v>>6 {
			b = append(b, base64Letters[v&63])
		}
	}
	return ID{string(b)}
}

// Where the names begin in an ID's text.
const (
	idTag     = 32
	idEpid    = 42
	idBranch  = 64
	idLetters = 96
	idUfrag   = idLetters + 22 + 30
	idSecret  = idUfrag + 2*4
	idEnd     = idSecret + 2*24
)

// base64Letters without "+", "/" so that one text fits URLs and base64 alike.
const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567890A"

// CallID is 32 hexadecimal digits.
func (i ID) CallID() string { return i.text[:idTag] }

// Tag is the client's tag, 10 hexadecimal digits.
func (i ID) Tag() string { return i.text[idTag:idEpid] }

// Epid names the client's endpoint, 10 hexadecimal digits.
func (i ID) Epid() string { return i.text[idEpid : idEpid+10] }

// branch is 8 and branchTail 16 upper-case hexadecimal digits.
func (i ID) branch() string     { return i.text[idBranch : idBranch+8] }
func (i ID) branchTail() string { return i.text[idBranch+8 : idBranch+24] }

// gruu is what stands for the endpoint in a Contact.
func (i ID) gruu() string { return i.text[idLetters : idLetters+22] }

// conversation is the Ms-Conversation-ID without its last "==".
func (i ID) conversation() string { return i.text[idLetters+22 : idLetters+52] }

// ufrag and password are ICE credentials of the n-th m-line, 0 or 1.
func (i ID) ufrag(n int) string    { return i.text[idUfrag+4*n : idUfrag+4*n+4] }
func (i ID) password(n int) string { return i.text[idSecret+24*n : idSecret+24*n+24] }

// appendHex appends 16 digits.
func appendHex(b []byte, v uint64, digits string) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&15])
	}
	return b
}

// scatter is the finalizer of splitmix64, a bijection.
func scatter(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
