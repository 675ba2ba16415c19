// Package pool decides which media node takes a session, keeps track of what
// each node holds, and tells the owners of sessions when a node is lost.
package pool

import (
	"cmp"
	"slices"

	"fedge/mutant"
)

// most is how many nodes of one location may process one conference.
const most = 3

// Candidate is what Choose knows of a node. All candidates of one call are
// alive and belong to one location.
type Candidate struct {
	Name        string
	Capacity    int            // sessions it can hold
	Sessions    int            // sessions it holds
	Conferences map[string]int // conference to sessions in it
}

func (c Candidate) spare() int { return c.Capacity - c.Sessions }

// Choose says in which order the nodes of a location should be tried for one
// more session of a conference, as indices into nodes: first those that
// already process it and have room, then, while fewer than three do, the
// others by most spare capacity. Names decide between equals, so that every
// signaling node chooses alike. Full nodes are left out.
func Choose(nodes []Candidate, conference string) (order []int) {
	processing := 0
	for _, c := range nodes {
		if c.Conferences[conference] > 0 {
			processing++
		}
	}
	for i, c := range nodes {
		in := c.Conferences[conference] > 0
		if in && mutant.On("pool.split") {
			continue
		}
		if c.spare() > 0 && (in || processing < most) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := nodes[i], nodes[j]
		return cmp.Or(
			first(a.Conferences[conference] > 0, b.Conferences[conference] > 0),
			cmp.Compare(b.spare(), a.spare()),
			cmp.Compare(a.Name, b.Name),
		)
	})
	return order
}

// first puts the true one before the false one.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
