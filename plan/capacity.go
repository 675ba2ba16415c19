package plan

import (
	"cmp"
	"fmt"
	"slices"
)

// Headroom is the capacity arithmetic of one domain, or of all that share
// media nodes (rules CAP-01 and CAP-02).
type Headroom struct {
	Domain  string      `json:"domain,omitzero"` // "": all domains together
	Unit    string      `json:"unit"`            // what Demand and Capacity count
	Terms   []Term      `json:"terms"`
	Demand  float64     `json:"demand"` // the sum of the terms
	Nodes   []NodeRoom  `json:"nodes"`
	All     float64     `json:"capacity"`
	Lost    string      `json:"lost,omitzero"`      // the largest node
	Left    float64     `json:"capacity_with_loss"` // without it
	Largest []Placement `json:"largest_conference"` // where it goes, one for each location that takes calls
	Most    int         `json:"largest_participants"`
}

// Term is one line of the demand.
type Term struct {
	What   string  `json:"what"`
	Count  int     `json:"count"`
	Weight float64 `json:"weight"`
	Sum    float64 `json:"sum"`
}

// NodeRoom is what one media node carries.
type NodeRoom struct {
	Name     string  `json:"name"`
	Location string  `json:"location"`
	Capacity float64 `json:"capacity"`
}

// Placement is where the largest conference goes when its calls arrive in one
// location and all nodes are free.
type Placement struct {
	Location string  `json:"location"`
	Demand   float64 `json:"demand"`
	Uses     []Use   `json:"uses"`
	Short    float64 `json:"short,omitzero"` // what finds no place
}

// Use is how many nodes of a location one conference takes.
type Use struct {
	Location string `json:"location"`
	Nodes    int    `json:"nodes"`
}

// Fits tells whether the demand fits with the largest node lost (CAP-01).
func (h Headroom) Fits() bool { return h.Demand <= h.Left }

// Whole tells whether the largest conference finds its place (CAP-02).
func (h Headroom) Whole() bool {
	return !slices.ContainsFunc(h.Largest, func(p Placement) bool { return p.Short > 0 })
}

// mostNodes is how many nodes of one location process a conference: a limit of
// the platform.
const mostNodes = 3

// Participants counts everybody who is expected at the peak: as many licences
// are needed (CAP-03).
func (p *Plan) Participants() int {
	all := 0
	for _, d := range p.Domains {
		all += d.Expected.Participants()
	}
	return all
}

// Headroom does the arithmetic for each domain that has numbers, and for all of
// them together when there are several. It is nil when nothing is expected.
func (p *Plan) Headroom() []Headroom {
	var out []Headroom
	var together Headroom
	w := p.weights()
	for _, d := range p.Domains {
		if d.Expected == (Expected{}) {
			continue
		}
		h := p.headroom(d, w)
		out = append(out, h)
		together.Terms = append(together.Terms, Term{What: d.Name, Count: d.Expected.Participants(), Sum: h.Demand})
		together.Demand += h.Demand
		for _, n := range h.Nodes {
			if !slices.Contains(together.Nodes, n) {
				together.Nodes = append(together.Nodes, n)
			}
		}
	}
	if len(out) > 1 {
		together.Unit = w.unit
		together.lose()
		out = append(out, together)
	}
	return out
}

func (p *Plan) headroom(d Domain, w weights) Headroom {
	e := d.Expected
	h := Headroom{Domain: d.Name, Unit: w.unit, Most: e.Largest}
	for _, n := range p.mediaFor(d) {
		h.Nodes = append(h.Nodes, NodeRoom{n.Name, n.Location, n.room()})
	}
	term := func(what string, count int, weight float64) {
		if count > 0 {
			h.Terms = append(h.Terms, Term{what, count, weight, float64(count) * weight})
			h.Demand += float64(count) * weight
		}
	}
	term("audio", e.Audio, w.audio)
	term("SD", e.SD, w.sd)
	term("HD", e.HD, w.hd)
	term("full HD", e.FullHD, w.fullHD)
	term("content, a connection more each", e.Content, w.hd)
	each := h.Demand / float64(e.Participants())
	reserve := w.backplane(e)
	if len(p.MediaNodes()) == 1 {
		reserve = 0 // there is nothing to link
	}
	more := 0
	for _, l := range p.Locations {
		if slices.ContainsFunc(p.Pool(d.Name), func(n Node) bool { return n.Location == l.Name }) {
			place := p.place(l, float64(e.Largest)*each, reserve)
			h.Largest = append(h.Largest, place)
			more = max(more, place.nodes()-1)
		}
	}
	if reserve > 0 {
		term("backplane, one a conference and node", e.Conferences+more, reserve)
	}
	h.lose()
	return h
}

// lose takes the largest node away.
func (h *Headroom) lose() {
	largest := 0.0
	for _, n := range h.Nodes {
		h.All += n.Capacity
		if n.Capacity > largest {
			largest, h.Lost = n.Capacity, n.Name
		}
	}
	h.Left = h.All - largest
}

// mediaFor lists the media nodes that calls of a domain can reach: those of the
// locations where they arrive and of the locations that these overflow into.
func (p *Plan) mediaFor(d Domain) []Node {
	var locations []string
	for _, n := range p.Pool(d.Name) {
		l, _ := p.Location(n.Location)
		locations = append(append(locations, l.Name), l.Overflow...)
	}
	return slices.DeleteFunc(p.MediaNodes(), func(n Node) bool { return !slices.Contains(locations, n.Location) })
}

// place puts one conference on as few nodes as it needs: the largest first, no
// more than three in a location, then the overflow.
func (p *Plan) place(l Location, demand, reserve float64) Placement {
	out := Placement{Location: l.Name, Demand: demand}
	rest := demand
	for _, name := range append([]string{l.Name}, l.Overflow...) {
		nodes := slices.DeleteFunc(p.MediaNodes(), func(n Node) bool { return n.Location != name })
		slices.SortStableFunc(nodes, func(a, b Node) int { return cmp.Compare(b.room(), a.room()) })
		use := Use{Location: name}
		for _, n := range nodes[:min(mostNodes, len(nodes))] {
			if room := n.room() - reserve; rest > 0 && room > 0 {
				rest -= room
				use.Nodes++
			}
		}
		if use.Nodes > 0 {
			out.Uses = append(out.Uses, use)
		}
	}
	out.Short = max(0, rest)
	return out
}

func (p Placement) nodes() (all int) {
	for _, use := range p.Uses {
		all += use.Nodes
	}
	return all
}

// room is what a node carries: HD calls if the plan has its numbers, else
// sessions.
func (n Node) room() float64 {
	if n.Calls.HD > 0 {
		return float64(n.Calls.HD)
	}
	return float64(n.Capacity)
}

// weights is what a participant costs in the unit of the node's capacities.
type weights struct {
	unit                  string
	audio, sd, hd, fullHD float64
}

// weights follow from what the nodes say of themselves, the dearest of them
// counting for all; where they are silent, the platform's rule of thumb holds:
// 12 audio calls or 2 SD calls in place of one HD call, which is half of a full
// HD call. Nodes without such numbers count sessions of whatever kind.
func (p *Plan) weights() weights {
	w := weights{unit: "sessions", audio: 1, sd: 1, hd: 1, fullHD: 1}
	nodes := p.MediaNodes()
	if !slices.ContainsFunc(nodes, func(n Node) bool { return n.Calls.HD > 0 }) {
		return w
	}
	w = weights{unit: "HD calls", hd: 1}
	for _, n := range nodes {
		c, hd := n.Calls, float64(n.Calls.HD)
		w.audio = max(w.audio, ratio(hd, c.Audio, 1.0/12))
		w.sd = max(w.sd, ratio(hd, c.SD, 0.5))
		w.fullHD = max(w.fullHD, ratio(hd, c.FullHD, 2))
	}
	return w
}

func ratio(hd float64, calls int, usual float64) float64 {
	if calls == 0 {
		return usual
	}
	return hd / float64(calls)
}

// backplane is what links a conference to a further node: as much as the best
// that its participants use.
func (w weights) backplane(e Expected) float64 {
	switch {
	case e.FullHD > 0:
		return w.fullHD
	case e.HD+e.SD+e.Content > 0:
		return w.hd
	}
	return w.audio
}

// String is the placement in words: 2 nodes of dmz, 1 of cloud.
func (p Placement) String() string {
	text := ""
	for i, use := range p.Uses {
		switch {
		case i > 0:
			text += fmt.Sprintf(", %d of %s", use.Nodes, use.Location)
		case use.Nodes == 1:
			text = "1 node of " + use.Location
		default:
			text = fmt.Sprintf("%d nodes of %s", use.Nodes, use.Location)
		}
	}
	return text
}
