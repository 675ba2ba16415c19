package plan

import "fmt"

// Expected is what a domain has to carry at its peak: participants at the same
// moment by the kind of media they use, and the conferences that they are in.
type Expected struct {
	Audio, SD, HD, FullHD int // participants
	Content               int // of them Lync/SfB users who share or watch a presentation: one connection more each
	Conferences           int // at once
	Largest               int // participants of the largest of them
}

// Participants counts everybody.
func (e Expected) Participants() int { return e.Audio + e.SD + e.HD + e.FullHD }

// Calls is how many calls of one kind alone a node takes: max_audio_calls,
// max_sd_calls, max_hd_calls and max_full_hd_calls of the platform's status.
type Calls struct{ Audio, SD, HD, FullHD int }

const mostCalls = 1_000_000

func readExpected(v value) Expected {
	o := v.object("audio", "sd", "hd", "full_hd", "content", "conferences", "largest")
	e := Expected{
		Audio:       o.get("audio").number(0, mostCalls),
		SD:          o.get("sd").number(0, mostCalls),
		HD:          o.get("hd").number(0, mostCalls),
		FullHD:      o.get("full_hd").number(0, mostCalls),
		Content:     o.get("content").number(0, mostCalls),
		Conferences: o.need("conferences", "write how many conferences there are at once").number(1, mostCalls),
		Largest:     o.need("largest", "write how many participants the largest conference has").number(1, mostCalls),
	}
	return e
}

func readCalls(v value) Calls {
	o := v.object("audio", "sd", "hd", "full_hd")
	return Calls{
		Audio:  o.get("audio").number(1, mostCalls),
		SD:     o.get("sd").number(1, mostCalls),
		HD:     o.need("hd", "write how many HD calls the node takes: max_hd_calls of its status").number(1, mostCalls),
		FullHD: o.get("full_hd").number(1, mostCalls),
	}
}

func (e Expected) entries() (out entries) {
	if e == (Expected{}) {
		return nil
	}
	out.add("audio", e.Audio)
	out.add("sd", e.SD)
	out.add("hd", e.HD)
	out.add("full_hd", e.FullHD)
	out.add("content", e.Content)
	out.add("conferences", e.Conferences)
	out.add("largest", e.Largest)
	return out
}

func (c Calls) entries() (out entries) {
	out.add("audio", c.Audio)
	out.add("sd", c.SD)
	out.add("hd", c.HD)
	out.add("full_hd", c.FullHD)
	return out
}

// checkExpected holds that the numbers can be true together.
func (p *Plan) checkExpected(r *reader) {
	for i, d := range p.Domains {
		path := fmt.Sprintf("domains[%d].expected", i)
		e := d.Expected
		if !r.written(path) || r.troubled(path) {
			continue
		}
		all := e.Participants()
		switch {
		case all == 0:
			r.wrong(path, "nobody is expected", "write how many participants there are at the peak: audio, sd, hd or full_hd")
		case e.Content > all:
			r.wrong(path+".content", fmt.Sprintf("%d participants have content, of %d that are expected", e.Content, all), fmt.Sprintf("write at most %d", all))
		case e.Conferences > all:
			r.wrong(path+".conferences", fmt.Sprintf("%d conferences have only %d participants", e.Conferences, all), fmt.Sprintf("write at most %d", all))
		case e.Largest > all-e.Conferences+1:
			r.wrong(path+".largest", fmt.Sprintf("the largest conference has %d participants, which leaves none for one of the others", e.Largest), fmt.Sprintf("write at most %d", all-e.Conferences+1))
		case e.Largest*e.Conferences < all:
			r.wrong(path+".largest", fmt.Sprintf("%d conferences of at most %d participants do not hold %d", e.Conferences, e.Largest, all),
				fmt.Sprintf("write at least %d", (all+e.Conferences-1)/e.Conferences))
		}
	}
}

// checkCalls holds that media nodes are counted in one unit.
func (p *Plan) checkCalls(r *reader) {
	counted, silent := -1, -1
	for i, n := range p.Nodes {
		path := fmt.Sprintf("nodes[%d].calls", i)
		written := r.written(path)
		switch {
		case written && !n.Has(Media):
			r.wrong(path, "calls are written for a node that mixes no media", "leave them out, or add the role media")
		case written && counted < 0:
			counted = i
		case !written && n.Has(Media) && silent < 0:
			silent = i
		}
		c := n.Calls
		for _, pair := range []struct {
			smaller, larger string
			low, high       int
		}{{"full_hd", "hd", c.FullHD, c.HD}, {"hd", "sd", c.HD, c.SD}, {"sd", "audio", c.SD, c.Audio}} {
			if pair.low > pair.high && pair.high > 0 {
				r.wrong(path+"."+pair.smaller, fmt.Sprintf("the node takes more %s calls than %s calls", pair.smaller, pair.larger), "look at the node's max_*_calls again: the cheaper kind has the higher number")
			}
		}
	}
	if counted >= 0 && silent >= 0 && !r.troubled("nodes") {
		r.wrong(fmt.Sprintf("nodes[%d]", silent), fmt.Sprintf("calls are written for %s and not for %s: their capacities cannot be added up", p.Nodes[counted].Name, p.Nodes[silent].Name),
			"write calls for every media node, or for none")
	}
}
