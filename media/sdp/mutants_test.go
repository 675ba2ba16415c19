//go:build mutants

package sdp

import (
	"strings"
	"testing"

	"fedge/mutant"
)

// Each mutant is seen on the wire, and nothing else changes with it. Not
// parallel: a mutant is the whole process's.
func TestMutants(t *testing.T) {
	answer := func(name string) *Description {
		if err := mutant.Activate(name); err != nil {
			t.Fatal(err)
		}
		defer mutant.Activate("")
		offer := parse(t, lync("RTP/SAVP"))
		streams, err := Choose(offer, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		return Answer(offer, fill(streams), here)
	}
	if n := len(answer("sdp.drop-m").Media); n != 2 {
		t.Errorf("sdp.drop-m: %d media", n)
	}
	right := string(answer("").Bytes())
	wrong := string(answer("srtp.tag1").Bytes())
	if strings.ReplaceAll(wrong, "a=crypto:1 ", "a=crypto:3 ") != right || wrong == right {
		t.Errorf("srtp.tag1:\n%s", wrong)
	}
}
