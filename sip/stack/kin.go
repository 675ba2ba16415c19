package stack

import "crypto/sha256"

// kin are the links of one peer: of those whose other ends have shown the same
// certificate. What they know of each other is what a request may do that comes
// another way than the one that it is about. A link whose peer shows none has no
// kin but itself.
type kin struct {
	proof  proof
	conns  map[*conn]struct{}
	merged map[string]*serverTx // by mergeKey: requests outside dialogs that are under way
}

// proof names a certificate; zero: none.
type proof [sha256.Size]byte

// join makes a link known to the others of its peer, with the stack locked.
func (s *Stack) join(c *conn) {
	var p proof
	if chain := c.link.Peer().Chain; len(chain) > 0 {
		p = sha256.Sum256(chain[0].Raw)
	}
	c.kin = s.kin[p]
	if c.kin == nil || p == (proof{}) {
		c.kin = &kin{proof: p, conns: make(map[*conn]struct{}, 1), merged: make(map[string]*serverTx)}
	}
	c.kin.conns[c] = struct{}{}
	if p != (proof{}) {
		s.kin[p] = c.kin
	}
}

// part takes a link out again.
func (s *Stack) part(c *conn) {
	delete(c.kin.conns, c)
	if len(c.kin.conns) == 0 && s.kin[c.kin.proof] == c.kin {
		delete(s.kin, c.kin.proof)
	}
}
