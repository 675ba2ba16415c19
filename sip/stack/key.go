package stack

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"fedge/mutant"
)

// cookie marks branches that are unique by themselves (RFC 3261 §8.1.1.7).
const cookie = "z9hG4bK"

// serverKey names the transaction that a request belongs to (RFC 3261
// §17.2.3); an ACK and a CANCEL belong to that of their INVITE. Without the
// cookie in its branch a request is matched as RFC 2543 did.
func serverKey(b []byte, m *Message, method string) []byte {
	v := m.Via()
	if mutant.On("tx.key-branch") {
		v.Host, v.Port = "", ""
	}
	bare := mutant.On("tx.empty-branch") && v.Branch == cookie
	if (bare || len(v.Branch) > len(cookie)) && strings.EqualFold(v.Branch[:len(cookie)], cookie) {
		b = append(append(b, v.Branch...), ' ')
		b = append(append(b, v.Host...), ':')
		b = append(append(b, v.Port...), ' ')
		return append(b, method...)
	}
	b = append(append(b, '\n'), m.URI()...)
	b = append(append(b, '\n'), m.FromTag()...)
	b = append(append(b, '\n'), m.CallID()...)
	b = append(append(b, '\n'), v.Raw...)
	b = strconv.AppendUint(append(b, '\n'), uint64(m.CSeq()), 10)
	return append(append(b, ' '), method...)
}

// mergeKey names what is one request even when it arrives by several ways (RFC
// 3261 §8.2.2.2).
func mergeKey(b []byte, m *Message) []byte {
	b = append(append(b, m.CallID()...), '\n')
	b = append(append(b, m.FromTag()...), '\n')
	b = strconv.AppendUint(b, uint64(m.CSeq()), 10)
	return append(append(b, ' '), m.Method()...)
}

// dialogKey finds a dialog by what we chose or were told first; the remote tag
// is compared apart, since forks have several.
type dialogKey struct{ callID, localTag string }

// repeatable is a tag for an answer that nobody remembers: the same request gets
// the same one again. No dialog ever has it.
func (s *Stack) repeatable(key []byte) string {
	return strconv.FormatUint(maphash.Bytes(s.seed, key), 16)
}

// unguessable returns 16 or more hex digits of fresh randomness: tags, branches
// and Call-IDs that another peer can guess would let it into a call (RFC 3261
// §19.3 asks for 32 bits).
func unguessable(bytes int) string {
	var raw [16]byte
	rand.Read(raw[:bytes]) // never fails, see its documentation
	if mutant.On("sec.weak-rand") {
		binary.BigEndian.PutUint64(raw[:], uint64(time.Now().UnixMicro()))
		clear(raw[8:])
	}
	return hex.EncodeToString(raw[:bytes])
}
