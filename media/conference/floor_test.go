package conference

import (
	"testing"

	"fedge/media/rtp"
)

// stage is a conference of three whose loudness a test sets by the second.
type stage struct {
	*Conference
	members   []*Member
	timestamp uint32
}

func newStage(n int) *stage {
	s := &stage{Conference: New()}
	for range n {
		s.members = append(s.members, s.Join(Outlets{}))
	}
	return s
}

// speak runs ticks with everybody at a level (0 is silence), and returns who
// has the floor at the end, -1 for nobody.
func (s *stage) speak(ticks int, levels ...int16) int {
	for range ticks {
		for i, level := range levels {
			samples := slice(level)
			for j := range samples {
				if j%2 == 1 {
					samples[j] = -level
				}
			}
			s.members[i].Hear(s.timestamp, rtp.MuLaw, rtp.MuLaw.Encode(nil, samples))
		}
		s.timestamp += rtp.Frame
		s.Tick(noon)
	}
	for i, m := range s.members {
		if m == s.Speaker() {
			return i
		}
	}
	return -1
}

func TestFloor(t *testing.T) {
	s := newStage(3)
	for _, step := range []struct {
		what   string
		ticks  int
		levels []int16
		want   int
	}{
		{"silence", 50, []int16{0, 0, 0}, -1},
		{"noise", 50, []int16{60, 60, 60}, -1},
		{"the first word", 10, []int16{5000, 0, 0}, 0},
		{"a cough", 10, []int16{5000, 20000, 0}, 0},
		{"equals do not take it", 100, []int16{5000, 5000, 6000}, 0},
		{"who is clearly louder for long does", 50, []int16{2000, 9000, 0}, 1},
		{"a pause between words", 10, []int16{0, 0, 0}, 1},
		{"on he goes", 30, []int16{0, 9000, 0}, 1},
		{"everybody is silent: he keeps it", 100, []int16{0, 0, 0}, 1},
		{"then the next word takes it soon", 12, []int16{0, 0, 1000}, 2},
	} {
		if got := s.speak(step.ticks, step.levels...); got != step.want {
			t.Errorf("%s: %d has the floor, want %d", step.what, got, step.want)
		}
	}
	s.Leave(s.members[2])
	if s.Speaker() != nil {
		t.Error("who left still has the floor")
	}
	if got := s.speak(12, 4000, 0); got != 0 {
		t.Errorf("after he left, %d has the floor", got)
	}
}
