package edge

import (
	"testing"
	"time"
)

func TestSparing(t *testing.T) {
	var s sparing
	now := time.Now()
	for n := range 100 {
		if _, ok := s.allow(now); ok != (n < linesPerSecond) {
			t.Fatalf("line %d in one second: written %v", n+1, ok)
		}
	}
	if kept, ok := s.allow(now.Add(time.Second)); !ok || kept != 100-linesPerSecond {
		t.Errorf("a second later: written %v, %d kept back before", ok, kept)
	}
	if kept, _ := s.allow(now.Add(time.Second)); kept != 0 {
		t.Errorf("%d are told of twice", kept)
	}
}
