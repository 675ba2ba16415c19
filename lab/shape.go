package lab

import "errors"

// shape is what of a world differs by configuration.
type shape struct {
	media    int  // how many media nodes
	expanded bool // there is a third signaling node
	parted   bool // the second signaling node has a certificate of its own
	nat      bool // nodes are behind one
	second   bool // there is a second SIP domain
}

// ErrOneProcess means that what was asked for is not to be had with a process
// for each node.
var ErrOneProcess = errors.New("lab: a NAT, and faults in what a single node is told, need all nodes in one process: leave --processes out")

// draw plans the world, and breaks what was asked for.
func (w *World) draw() (*blueprint, error) {
	faults, err := pick(w.cfg.Faults)
	if err != nil {
		return nil, err
	}
	s := shape{media: 3, nat: w.cfg.NAT, expanded: w.cfg.Expanded, second: w.cfg.TwoDomains}
	if len(w.cfg.Program) > 0 {
		s.media = 4 // two for each process
	}
	b, err := broken(w.network, s, faults)
	if err != nil {
		return nil, err
	}
	if len(w.cfg.Program) > 0 && (b.nat || len(b.settings) > 0) {
		return nil, ErrOneProcess
	}
	return b, nil
}

// broken is a world of a shape, which faults may add to, with these faults. They
// come in the order of their names, whichever they were asked for in; an error
// is a *ConflictingFaults.
func broken(network *claim, s shape, faults []Fault) (*blueprint, error) {
	for _, f := range faults {
		s.expanded = s.expanded || f.expands
		s.parted = s.parted || f.parts
		s.nat = s.nat || f.behind
		s.second = s.second || f.doubles
	}
	b := draw(network, s)
	for _, f := range faults {
		b.by = f.Name
		f.apply(b)
	}
	if len(b.conflicts) > 0 {
		return nil, &ConflictingFaults{b.conflicts}
	}
	return b, nil
}

// Refused says why no world has these faults, before one is begun: an
// *UnknownFault if one of the names is no fault's, a *ConflictingFaults if some
// contradict each other. Other mistakes are not looked for.
func Refused(names []string) error {
	faults, err := pick(names)
	if err != nil {
		return err
	}
	_, err = broken(&claim{n: aliasNetwork}, shape{media: 3}, faults)
	return err
}
