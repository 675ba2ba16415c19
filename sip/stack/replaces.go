package stack

// Established finds the dialog of these three names that is up: what a Replaces
// header speaks of (RFC 3891 §3). Nil: there is none.
func (s *Stack) Established(callID, localTag, remoteTag string) *Dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dialogs[dialogKey{callID, localTag}]
	if d == nil || !d.established || d.closed || d.finished || d.leaving || d.remoteTag != remoteTag {
		return nil
	}
	return d
}

// SamePeer tells whether two dialogs' peers proved to be the same.
func (d *Dialog) SamePeer(other *Dialog) bool { return same(d.peer, other.peer) }

// Remote is the other party: From of the peer's requests, with its tag.
func (d *Dialog) Remote() string {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.remote
}
