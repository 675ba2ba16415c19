package conformance

// begun keeps a call in mind until the case ends.
func (t *trial) begun(c *Call) {
	if c.Answer.Status()/100 != 2 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, c)
}

// hangUp says BYE in the calls that the case left up, so that it leaves a node
// of somebody else's as it found it: a call that nobody ends may last for hours
// there, and take the place of the next case's. What they answer nobody reads.
func (t *trial) hangUp() {
	t.mu.Lock()
	left := t.calls
	t.calls = nil
	t.mu.Unlock()
	flush := map[*Peer]bool{}
	for _, c := range left {
		if !c.over && c.peer.Send(c.Next("BYE"), "BYE") == nil {
			flush[c.peer] = true
		}
	}
	for p := range flush {
		p.link.Close()
	}
}
