package pool

import (
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	node := func(name string, capacity, sessions int, here int) Candidate {
		c := Candidate{Name: name, Capacity: capacity, Sessions: sessions}
		if here > 0 {
			c.Conferences = map[string]int{"standup": here}
		}
		return c
	}
	for _, c := range []struct {
		name  string
		nodes []Candidate
		want  []string
	}{
		{"nobody", nil, nil},
		{"most spare first", []Candidate{node("a", 10, 5, 0), node("b", 10, 1, 0), node("c", 20, 12, 0)}, []string{"b", "c", "a"}},
		{"names decide", []Candidate{node("b", 10, 5, 0), node("a", 10, 5, 0)}, []string{"a", "b"}},
		{"already there, however busy", []Candidate{node("a", 10, 9, 1), node("b", 10, 0, 0)}, []string{"a", "b"}},
		{"already there, but full", []Candidate{node("a", 10, 10, 4), node("b", 10, 3, 0)}, []string{"b"}},
		{"two there: the emptier", []Candidate{node("a", 10, 9, 1), node("b", 10, 7, 1), node("c", 10, 0, 0)}, []string{"b", "a", "c"}},
		{"no fourth node", []Candidate{node("a", 9, 9, 1), node("b", 9, 8, 1), node("c", 9, 9, 1), node("d", 9, 0, 0)}, []string{"b"}},
		{"three full ones", []Candidate{node("a", 9, 9, 1), node("b", 9, 9, 1), node("c", 9, 9, 1), node("d", 9, 0, 0)}, nil},
		{"over capacity", []Candidate{node("a", 1, 3, 0)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, i := range Choose(c.nodes, "standup") {
				got = append(got, c.nodes[i].Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("order %v, want %v", got, c.want)
			}
		})
	}
}
