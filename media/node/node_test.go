package node

import (
	"testing"

	"fedge/media/sdp"
)

func TestThreeHearEachOther(t *testing.T) {
	n := boot(t, Config{})
	phones := []*phone{
		newPhone(t, n, "a", 440, false, sdp.Audio),
		newPhone(t, n, "b", 700, true, sdp.Audio), // muxed
		newPhone(t, n, "c", 1100, false, sdp.Audio),
	}
	phones[2].offered[0].Codecs = phones[2].offered[0].Codecs[1:] // PCMA only
	for _, p := range phones {
		p.call("standup")
	}
	together(100, phones...)
	for i, p := range phones {
		for j, other := range phones {
			level := p.power(other.hertz)
			if i == j && level > -55 {
				t.Errorf("%s hears itself at %.1f dB", p.id, level)
			}
			if i != j && (level < -14 || level > -11) {
				t.Errorf("%s hears %s at %.1f dB", p.id, other.id, level)
			}
		}
	}
	load := n.Load()
	if load.Sessions != 3 || load.Conferences["standup"] != 3 || load.Packets < 250 {
		t.Errorf("%+v", load)
	}
	for _, p := range phones {
		p.hangUp()
	}
	if load = n.Load(); load.Sessions != 0 || len(load.Conferences) != 0 || len(n.ports.taken) != 0 {
		t.Errorf("left behind: %+v, ports %v", load, n.ports.taken)
	}
}
