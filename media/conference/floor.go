package conference

import "slices"

// How the floor changes hands.
const (
	audible   = 150.0 * 150.0 // power below which nobody speaks, about -47 dB
	louder    = 2.0           // 3 dB: how much louder a challenger must be
	challenge = 30            // ticks (600 ms) for which it must be
	opening   = 5             // the same when nobody has the floor, or its holder fell silent
)

// floor decides whose turn it is, from how loud everybody is.
type floor struct {
	speaker    *Member
	history    []*Member // everybody, who spoke last first
	challenger *Member
	ticks      int // for which it has been louder
}

func (f *floor) join(m *Member) { f.history = append(f.history, m) }

func (f *floor) leave(m *Member) {
	if i := slices.Index(f.history, m); i >= 0 {
		f.history = slices.Delete(f.history, i, i+1)
	}
	if f.speaker == m {
		f.speaker = nil
	}
	if f.challenger == m {
		f.challenger, f.ticks = nil, 0
	}
}

// tick takes note of everybody's level.
func (f *floor) tick(members []*Member) {
	var loudest *Member
	for _, m := range members {
		if m.level >= audible && (loudest == nil || m.level > loudest.level) {
			loudest = m
		}
	}
	free := f.speaker == nil || f.speaker.level < audible
	if loudest == nil || loudest == f.speaker || !free && loudest.level < f.speaker.level*louder {
		f.challenger, f.ticks = nil, 0
		return
	}
	if loudest != f.challenger {
		f.challenger, f.ticks = loudest, 0
	}
	f.ticks++
	if f.ticks >= challenge || free && f.ticks >= opening {
		f.give(loudest)
	}
}

func (f *floor) give(m *Member) {
	f.speaker, f.challenger, f.ticks = m, nil, 0
	i := slices.Index(f.history, m)
	f.history = slices.Insert(slices.Delete(f.history, i, i+1), 0, m)
}
