package pool

import (
	"maps"
	"strings"
	"time"

	"fedge/media/session"
)

// member is one node as the pool sees it: what it said in its last beat, and
// what we ourselves put on it since.
type member struct {
	name     string
	location string
	host     Host
	alive    bool
	heard    time.Time
	packets  uint64

	capacity int
	own      map[string]int // our sessions by conference, those being opened included
	ours     int            // sum of own
	others   map[string]int // sessions by conference that other pools put there
	foreign  int            // sum of others
}

func byName(a, b *member) int { return strings.Compare(a.name, b.name) }

func (m *member) enter(conference string) {
	m.own[conference]++
	m.ours++
}

func (m *member) leave(conference string) {
	m.ours--
	if m.own[conference]--; m.own[conference] <= 0 {
		delete(m.own, conference)
	}
}

// take reads a beat. Ours are counted before the node is asked and until after
// it has closed, so what a beat shows beyond them belongs to others; a beat
// that crossed a request of ours errs towards too few, never to a node that
// looks full and is not.
func (m *member) take(load session.Load) {
	m.capacity, m.packets = load.Capacity, load.Packets
	m.others = map[string]int{}
	for conference, n := range load.Conferences {
		if foreign := n - m.own[conference]; foreign > 0 {
			m.others[conference] = foreign
		}
	}
	m.foreign = max(total(m.others), load.Sessions-m.ours)
}

// forget drops what a lost node said.
func (m *member) forget() { m.others, m.foreign = nil, 0 }

// candidate is the node as Choose looks at it for one conference: a call must
// not cost more because there are many others.
func (m *member) candidate(conference string) Candidate {
	c := Candidate{Name: m.name, Capacity: m.capacity, Sessions: m.ours + m.foreign}
	if n := m.own[conference] + m.others[conference]; n > 0 {
		c.Conferences = map[string]int{conference: n}
	}
	return c
}

// conferences are all those that the node processes.
func (m *member) conferences() map[string]int {
	all := maps.Clone(m.own)
	for conference, n := range m.others {
		all[conference] += n
	}
	return all
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
