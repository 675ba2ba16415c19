package syntax

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"fedge/conformance"
)

// corpus is what the PROTOS project did to SIP in 2002 (test suite c07-sip):
// one element of an INVITE at a time is exceptional. These variants are made
// from the grammar; none is theirs.
func corpus() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-034", Severity: conformance.Should, Title: "Exceptional elements, one at a time",
		Requirement: "Whatever an element of an INVITE holds, the node answers or closes and goes on serving; what is legal, however odd, is answered.",
		Refs:        []string{"RFC 3261 §25.1", "OUSPG PROTOS c07-sip"},
		Mutants:     by(conformance.Silence, "fuzz.panic"),
		Run:         exceptional,
	}}
}

// mostFree is how long a legal value is at most that every node takes.
const mostFree = 4096

// sample is how many variants a run tries, and always the same ones.
const sample = 240

// variant is an INVITE with one exceptional element.
type variant struct {
	what  string
	make  func(*conformance.Stand) []byte
	legal bool // by the grammar: an answer is owed
}

func exceptional(ctx context.Context, s *conformance.Stand) error {
	all := variants()
	chosen := sampled(all)
	s.Note("%d of %d variants", len(chosen), len(all))
	var shared *conformance.Peer
	for _, v := range chosen {
		if v.legal {
			if err := conformance.Steps(owed(v))(ctx, s); err != nil {
				return err
			}
			continue
		}
		// The others share connections: an answer may come with the next.
		if shared == nil {
			p, err := s.Dial(ctx, s.Target.Partner, nil)
			if err != nil {
				return conformance.Preamble(err)
			}
			shared = p
		}
		r, err := s.Put(ctx, shared, v.what, v.make(s), false)
		if err != nil {
			return err
		}
		if r.Closed {
			shared = nil
		}
	}
	return conformance.Steps(conformance.PlainCall())(ctx, s)
}

// sampled are all variants of one free slot, so that every legal text is tried
// once, and some of the others.
func sampled(all []variant) []variant {
	rand.New(rand.NewPCG(34, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b variant) int { return cmp.Compare(b.first(), a.first()) })
	return all[:sample]
}

// first is 1 for what no sample lacks.
func (v variant) first() int {
	if v.legal && strings.HasPrefix(v.what, "INVITE, subject ") {
		return 1
	}
	return 0
}

// owed is a variant that has to be answered.
func owed(v variant) conformance.Step {
	return conformance.Step{What: v.what, Make: v.make, Verdict: (*conformance.Reaction).Understood}
}

// slot is a place in the INVITE; free, if any text is legal there.
type slot struct {
	name string
	free bool
}

// invitation holds each slot by name.
const invitation = "{method} sip:{user}@{domain}{uri-params} SIP/{version}\r\n" +
	"Via: SIP/2.0/{transport} {sent-by}:{port};branch=z9hG4bK{branch}{via-params}\r\n" +
	"Max-Forwards: {hops}\r\n" +
	"From: \"{display}\" <sip:{caller}@{caller-host}>;tag={tag}{from-params}\r\n" +
	"To: {callee}<sip:{user}@{domain}>\r\n" +
	"Call-ID: {call-id}\r\n" +
	"CSeq: {cseq} {cseq-method}\r\n" +
	"Contact: <sip:{caller}@{contact-host}:{contact-port};transport={contact-transport}>\r\n" +
	"Subject: {subject}\r\n" +
	"User-Agent: {agent}\r\n" +
	"{unknown-name}: {unknown}\r\n" +
	"Supported: {supported}\r\n" +
	"Expires: {expires}\r\n" +
	"Content-Type: {type}\r\n" +
	"Content-Length: {length}\r\n\r\n"

// ordinary fills the slots that are not exceptional.
func ordinary(s *conformance.Stand) map[string]string {
	return map[string]string{
		"method": "INVITE", "user": "nobody." + strings.ToLower(s.ID), "domain": s.Target.Domain, "uri-params": "", "version": "2.0",
		"transport": "TLS", "sent-by": s.Target.Partner.Host, "port": "5061", "branch": s.Tag(), "via-params": "", "hops": "70",
		"display": "Anna", "caller": "anna", "caller-host": s.Target.Partner.Domain, "tag": s.Tag(), "from-params": "", "callee": "",
		"call-id": s.CallID(), "cseq": "1", "cseq-method": "INVITE", "contact-host": s.Target.Partner.Host, "contact-port": "5061",
		"contact-transport": "tls", "subject": "hello", "agent": "fedge", "unknown-name": "X-Unknown", "unknown": "value",
		"supported": "timer", "expires": "120", "type": "application/sdp", "length": "0",
	}
}

// slots are tried in this order. A quoted display name is free but for quotes
// and backslashes, which the texts for free slots have not.
var slots = []slot{
	{"method", false}, {"user", false}, {"domain", false}, {"uri-params", false}, {"version", false}, {"transport", false},
	{"sent-by", false}, {"port", false}, {"branch", false}, {"via-params", false}, {"hops", false}, {"display", true},
	{"caller", false}, {"caller-host", false}, {"tag", false}, {"from-params", false}, {"callee", false}, {"call-id", false},
	{"cseq", false}, {"cseq-method", false}, {"contact-host", false}, {"contact-port", false}, {"contact-transport", false},
	{"subject", true}, {"agent", false}, {"unknown-name", false}, {"unknown", true}, {"supported", false}, {"expires", false},
	{"type", false}, {"length", false},
}

// harmless are texts that a free slot may hold; hostile those that it may not,
// and every other slot gets both.
func harmless() []string {
	out := []string{"", "%s%s%s%s%n%n", "%x%x%x", "%00", "%2500", "{}", "$(reboot)", "`reboot`", "../../etc/passwd", "<script>alert(1)</script>", "' OR 1=1 --", "-1", "0", "255", "256",
		"65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "18446744073709551616", "1e309", "0x7f", strings.Repeat("9", 100), "NaN", "255.255.255.255",
		"0.0.0.0", "999.999.999.999", "[::]", "[::ffff:127.0.0.1", "localhost", "::::::::", ";;;;;;;;", ",,,,,,,,", "========", "@@@@@@@@", "////////", "????????", "&&&&&&&&", "........",
		"(((((((((", "<<<<<<<<", ">>>>>>>>", "SIP/2.0", "sip:sip:sip:"}
	for _, n := range []int{16, 64, 128, 256, 512, 1024, 2048, 4096, 8192} {
		out = append(out, strings.Repeat("a", n))
	}
	for _, piece := range []string{"a.", "a;", "a,", "%61", " a", "a=a;", "a@", "<a>"} {
		out = append(out, strings.Repeat(piece, 1000))
	}
	return append(out, "Grüße, 世界", strings.Repeat("é", 1000))
}

func hostile() []string {
	return []string{"\x00", "\x00\x00\x00\x00", "\x01\x02\x03\x1b[2J", "\x7f", "\r", "\n", "\r\n\r\n", "\r\nContent-Length: 9999", "\r\n ", "\t", "\"", "\\", "\"\"\"\"", "\\\\\\\"",
		"\xc0\xaf", "\xff\xfe", "\xed\xa0\x80", strings.Repeat("\xfe", 1000), strings.Repeat("\"", 1000), strings.Repeat("\r\n ", 300), strings.Repeat("a", 40_000), strings.Repeat("a", 100_000)}
}

// variants are all of them: each slot with each text.
func variants() []variant {
	var all []variant
	for _, where := range slots {
		for _, text := range harmless() {
			all = append(all, exception(where.name, text, where.free && len(text) <= mostFree))
		}
		for _, text := range hostile() {
			all = append(all, exception(where.name, text, false))
		}
	}
	return all
}

func exception(where, text string, legal bool) variant {
	return variant{what: "INVITE, " + where + " " + shown(text), legal: legal, make: func(s *conformance.Stand) []byte {
		values := ordinary(s)
		values[where] = text
		var pairs []string
		for name, value := range values {
			pairs = append(pairs, "{"+name+"}", value)
		}
		return []byte(strings.NewReplacer(pairs...).Replace(invitation))
	}}
}

// shown is a text as a transcript's label can bear it.
func shown(text string) string {
	const most = 16
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, text)
	if len(clean) > most {
		return clean[:most] + "…"
	}
	return clean
}
