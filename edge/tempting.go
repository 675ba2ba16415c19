package edge

import (
	"fedge/mutant"
	"fedge/sip/link"
)

// The mutants of this file take links for proved that are not: by their address
// alone, by what their peer claims, or because they are there.

// tempt remembers a link under what such a mutant looks at. claimed is the host
// of a Via with an alias parameter. The trunks are locked.
func (t *trunks) tempt(l *link.Link, claimed string) {
	switch {
	case mutant.On("con.reuse-ip"), mutant.On("con.alias-unverified") && !l.Dialled():
		t.open[trunk{addr: l.RemoteAddr()}] = l
	case mutant.On("con.laddr-pool") && !l.Dialled():
		t.open[trunk{}] = l
	case mutant.On("con.alias-any") && claimed != "":
		t.open[trunk{host: claimed}] = l
	}
}

// tempting is a link that a mutant would send to the wanted host by. The trunks
// are locked.
func (t *trunks) tempting(want trunk) *link.Link {
	for _, name := range []trunk{{addr: want.addr}, {host: want.host}, {}} {
		if l := t.open[name]; mutant.Built && l != nil && l.Err() == nil {
			return l
		}
	}
	return nil
}

// entice is tempt for who does not hold the lock.
func (t *trunks) entice(l *link.Link, claimed string) {
	if mutant.Built {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.tempt(l, claimed)
	}
}
