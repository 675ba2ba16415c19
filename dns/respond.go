package dns

import (
	"net/netip"
	"time"

	rr "github.com/miekg/dns"
)

// respond answers one message as it came off the wire; nil when nothing should
// be said to it, at least not before after has passed.
func (s *Server) respond(message []byte, from netip.AddrPort, tcp bool) (out []byte, after time.Duration) {
	query := new(rr.Msg)
	err := query.Unpack(message)
	if len(message) < 12 || query.Response { // no header; or a reply, and two servers would talk for ever
		return nil, 0
	}
	reply := new(rr.Msg)
	reply.SetReply(query)
	if err != nil || len(query.Question) != 1 {
		reply.SetRcode(query, rr.RcodeFormatError)
		return s.pack(reply, query, tcp), 0
	}
	if query.Opcode != rr.OpcodeQuery {
		reply.SetRcode(query, rr.RcodeNotImplemented)
		return s.pack(reply, query, tcp), 0
	}
	s.answer(reply, query.Question[0])
	q := Question{
		At: time.Now(), From: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), TCP: tcp,
		Name: Canonical(query.Question[0].Name), Type: typeName(query.Question[0].Qtype),
	}
	mood := s.behaviour(q.Name)
	mood.spoil(reply, tcp)
	if !mood.Silent {
		q.Code = rcode(reply.Rcode)
		out = s.pack(reply, query, tcp)
	}
	s.note(q)
	return out, mood.Delay
}

// pack makes the reply fit what the asker can take (RFC 1035 §4.2.1, RFC 6891
// §6.2.5).
func (s *Server) pack(reply, query *rr.Msg, tcp bool) []byte {
	room := rr.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		room = max(room, int(opt.UDPSize()))
		reply.SetEdns0(4096, false)
	}
	if tcp {
		room = rr.MaxMsgSize - 1 // the length field has two octets
	}
	reply.Compress = true
	reply.Truncate(room)
	out, err := reply.Pack()
	if err != nil {
		return nil
	}
	return out
}

// answer fills the reply from the zones.
func (s *Server) answer(reply *rr.Msg, q rr.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := Canonical(q.Name)
	for range maxAliases {
		zone := s.zone(name)
		if zone == nil || q.Qclass != rr.ClassINET || q.Qtype == rr.TypeAXFR || q.Qtype == rr.TypeIXFR {
			if len(reply.Answer) == 0 {
				reply.Rcode = rr.RcodeRefused
			}
			return // an alias led out of our zones: who asked goes on from there
		}
		reply.Authoritative = true
		records, exists := zone.find(name, q.Qtype)
		if len(records) == 0 {
			if !exists {
				reply.Rcode = rr.RcodeNameError
			}
			reply.Ns = append(reply.Ns, zone.soa) // RFC 2308 §3
			return
		}
		reply.Answer = append(reply.Answer, s.rotated(name, q.Qtype, records)...)
		alias, ok := records[0].(*rr.CNAME)
		if !ok || q.Qtype == rr.TypeCNAME || q.Qtype == rr.TypeANY {
			return
		}
		name = Canonical(alias.Target)
	}
}

// zone finds the zone that a name is in: the deepest of them.
func (s *Server) zone(name string) *Zone {
	var found *Zone
	for _, z := range s.zones {
		if z.holds(name) && (found == nil || len(z.origin) > len(found.origin)) {
			found = z
		}
	}
	return found
}

// rotated gives the records so that each comes first in turn: round robin.
func (s *Server) rotated(name string, kind uint16, records []rr.RR) []rr.RR {
	if len(records) < 2 {
		return records
	}
	key := turn{name, kind}
	by := s.turns[key] % len(records)
	s.turns[key] = by + 1
	return append(append([]rr.RR{}, records[by:]...), records[:by]...)
}

func typeName(kind uint16) string { return rr.Type(kind).String() }
