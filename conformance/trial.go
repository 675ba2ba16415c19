package conformance

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"fedge/capture"
	"fedge/result"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// trial is one run of a case: what it holds open, and what it keeps.
type trial struct {
	dial     link.DialFunc
	recorder *capture.Recorder
	vary     Variation
	began    time.Time
	count    int
	home     *Edge // where we wait for the node, when we are the partner whom it calls

	mu    sync.Mutex // the fields below: Edges adopt connections beside the case
	peers []*Peer
	calls []*Call
	notes []string
	ends  []func()
	found []*Mismatch // beside the case's verdict
	gone  *Mismatch   // that nobody was there after the case
}

// Note keeps a fact for the report that is no verdict.
func (t *trial) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// after runs end when the case is over, the latest first.
func (t *trial) after(end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends = append(t.ends, end)
}

// adopt makes a link the case's own: spoken to by it, and in its transcript.
func (t *trial) adopt(l *link.Link, step time.Duration) *Peer {
	p := &Peer{link: l, reader: raw.NewReader(varied(l, t.vary), raw.Limits{}), step: step, trial: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.peers = append(t.peers, p)
	return p
}

// close ends what the case left open. Its errors say nothing about the node.
func (t *trial) close() {
	t.hangUp()
	for _, p := range t.mine() {
		p.link.Abort()
	}
	for end := t.last(); end != nil; end = t.last() {
		end()
	}
}

// last takes the latest of what is to be ended; nil when nothing is.
func (t *trial) last() func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.ends)
	if n == 0 {
		return nil
	}
	end := t.ends[n-1]
	t.ends = t.ends[:n-1]
	return end
}

// mine are the case's connections so far.
func (t *trial) mine() []*Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.peers)
}

// transcript is what was said on the case's own links, inside TLS.
func (t *trial) transcript() []result.Line {
	mine := t.mine()
	return t.recorder.Transcript(func(m capture.Message) bool {
		return slices.ContainsFunc(mine, func(p *Peer) bool { return p.link.ID() == m.Link })
	})
}
