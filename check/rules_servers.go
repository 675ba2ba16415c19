package check

import (
	"fmt"
	"slices"

	"fedge/dns"
	"fedge/result"
)

// What DNS-18 says of name servers that answer nothing where others do.

// server is one name server, and what it did with the questions.
type server struct {
	name     string   // as evidence has it
	own      string   // the zone's name for it; "": nobody but who checks has named it
	answered bool     // anything
	failed   []Lookup // questions that it did not answer, and another server did
	peers    []string // of a zone's own server: which others of the zone answered them
}

// servers lists all that were asked, in that order.
func (w *world) servers() []*server {
	var list []*server
	for _, l := range w.facts.Lookups {
		i := slices.IndexFunc(list, func(s *server) bool { return s.name == l.Resolver })
		if i < 0 {
			i, list = len(list), append(list, &server{name: l.Resolver})
			if l.ofZone() {
				list[i].own = l.Own
			}
		}
		list[i].add(l, w.facts.answers(l.Name, l.Type))
	}
	for _, s := range list { // who serves its own zone alone refuses other names, and should
		s.failed = slices.DeleteFunc(s.failed, func(l Lookup) bool {
			_, ours := w.plan.Domain(l.Name)
			return !ours && s.answered && l.Failure == string(dns.Refused)
		})
	}
	return list
}

// add counts a question that was put to the server, and how all answered it.
func (s *server) add(l Lookup, a answers) {
	settled := slices.Concat(a.found, a.absent)
	if slices.ContainsFunc(settled, func(o Lookup) bool { return o.Resolver == s.name }) {
		s.answered = true
		return
	}
	if s.own != "" { // whether the way to such servers is open, only another of them can show
		settled = slices.DeleteFunc(settled, func(o Lookup) bool { return o.Own == "" })
	}
	if len(settled) == 0 {
		return
	}
	s.failed = append(s.failed, l)
	for _, o := range settled {
		if !slices.Contains(s.peers, o.Resolver) {
			s.peers = append(s.peers, o.Resolver)
		}
	}
}

// silent tells whether no answer of any kind came to a question.
func (l Lookup) silent() bool {
	return l.Failure == string(dns.Timeout) || l.Failure == string(dns.Unreachable)
}

// verdict is the word on a server that failed. Who checks named it to hear what
// it says, which nobody knows then. A server that the zone itself names is met
// by every partner: that it does not answer for the zone is a fault, if another
// one shows that from here such servers can be asked. One packet may be lost on
// the way: silence is only held against it if it is all there is.
func (s *server) verdict() (verdict, bool) {
	if len(s.failed) == 0 {
		return verdict{}, false
	}
	if s.own == "" {
		v := unseen("name server "+s.name, result.ObservationFailed, s.evidence()...)
		v.fix = fmt.Sprintf("have %s answer, or leave it out, and ask another one (--resolver ADDR:PORT) in its place", s.name)
		return v, true
	}
	if s.answered && !slices.ContainsFunc(s.failed, func(l Lookup) bool { return !l.silent() }) {
		return verdict{}, false
	}
	return fail(s.own, fmt.Sprintf("have %s answer for the zone, over UDP and TCP, or take it out of the zone's NS records, there and in the parent's zone (at the registrar)", s.name),
		append(s.evidence(), fmt.Sprintf("the zone names %s among its servers; from here %s answered", s.own, list(s.peers)))...), true
}

// evidence is what it said in place of answers: what it was asked and answered
// with, as far as it was asked at all.
func (s *server) evidence() (lines []string) {
	const most = 4
	put := slices.DeleteFunc(slices.Clone(s.failed), func(l Lookup) bool { return !l.wasPut() })
	if len(put) == 0 {
		put = s.failed
	}
	for _, l := range put[:min(len(put), most)] {
		lines = append(lines, l.records()...)
	}
	if more := len(s.failed) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more that it did not answer, and another name server did", more))
	}
	return lines
}
