package robustness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Fuzz puts so many rounds of messages to the node, in each of them one of every
// kind that a grammar made up, and a good one with some bytes changed. The seed
// decides which. Where the node calls out, its INVITEs are answered so, too.
func Fuzz(ctx context.Context, s *conformance.Stand, seed uint64, rounds int) error {
	s.Note("seed %d, %d rounds of %d kinds", seed, rounds, len(kinds))
	f := &fuzz{stand: s, seed: seed, random: rand.New(rand.NewPCG(seed, 0))}
	for range rounds {
		for _, k := range kinds {
			for _, grammatical := range []bool{true, false} {
				if err := f.one(ctx, k, grammatical); err != nil {
					return err
				}
			}
		}
	}
	if i := s.Target.Instruments; i.Place == nil || i.Zones.Publish == nil || i.Issue == nil {
		return nil
	}
	for n := range 1 + rounds/5 {
		if err := f.answered(ctx, n%2 == 0); err != nil {
			return err
		}
	}
	return nil
}

// fuzz is where it has got to.
type fuzz struct {
	stand  *conformance.Stand
	seed   uint64
	random *rand.Rand
	count  int
	peer   *conformance.Peer // nil: to be made
	call   *conformance.Call // on it; nil: to be made
}

// kind is a sort of message: what it begins as, and whether it is owed an answer.
type kind struct {
	what string
	owed bool
	make func(*fuzz) *raw.Builder
}

var kinds = []kind{
	{"OPTIONS", true, func(f *fuzz) *raw.Builder { return options(f.stand).Length() }},
	{"INVITE", true, func(f *fuzz) *raw.Builder { return f.stand.Invite(f.stand.Target.Partner, f.stand.Offer()) }},
	{"CANCEL of nothing", true, func(f *fuzz) *raw.Builder { return f.stray("CANCEL") }},
	{"BYE of nothing", true, func(f *fuzz) *raw.Builder { return f.stray("BYE") }},
	{"ACK of nothing", false, func(f *fuzz) *raw.Builder { return f.stray("ACK") }},
	{"a request within a call", true, (*fuzz).within},
	{"ACK within a call", false, func(f *fuzz) *raw.Builder { return f.call.At("ACK", 1).Length() }},
	{"a response", false, (*fuzz).response},
}

// stray is a request that belongs to nothing.
func (f *fuzz) stray(method string) *raw.Builder {
	return f.stand.Request(method, f.stand.URI(), f.stand.Target.Partner, f.stand.CallID()).Length()
}

// within is a request of the call's.
func (f *fuzz) within() *raw.Builder {
	method := pick(f.random, []string{"OPTIONS", "INFO", "UPDATE", "INVITE", "BYE", "MESSAGE", "PRACK", "NOTIFY", "REFER"})
	if method == "INVITE" || method == "UPDATE" {
		return f.call.Refresh(method, f.stand.Offer()).Length()
	}
	return f.call.Build(method).Length()
}

// response is one to nothing that the node asked, out of a call or in it.
func (f *fuzz) response() *raw.Builder {
	request := f.stray(pick(f.random, []string{"INVITE", "OPTIONS", "BYE"}))
	if f.random.IntN(2) == 0 {
		request = f.call.At("BYE", 1).Length()
	}
	m, _ := request.Message() // we wrote it
	status := pick(f.random, []int{100, 180, 200, 302, 401, 408, 481, 500, 603, 699})
	if f.random.IntN(2) == 0 { // as if the node had sent the request
		m, _ = conformance.With(m, "Via", "SIP/2.0/TLS "+f.stand.Target.Node+":5061;branch="+f.stand.Branch())
	}
	return raw.Respond(m, status, "Fuzz", "fuzz").Length()
}

// one puts one message to the node, and OPTIONS behind it, which bounds how long
// silence has to be watched.
func (f *fuzz) one(ctx context.Context, k kind, grammatical bool) error {
	if err := f.ready(ctx); err != nil {
		return err
	}
	b := k.make(f)
	request, err := b.Message()
	if err != nil {
		return fmt.Errorf("robustness: our own %s does not parse: %w", k.what, err)
	}
	f.count++
	message, what := spoil(request.Bytes, f.random), fmt.Sprintf("message %d of seed %d: %s with bytes changed", f.count, f.seed, k.what)
	if grammatical {
		message, what = invent(b, f.random).Bytes(), fmt.Sprintf("message %d of seed %d: %s with fields made up", f.count, f.seed, k.what)
	}
	answer, err := f.put(ctx, what, message, request, grammatical && k.owed)
	if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Closed && !grammatical {
		f.peer.Abort()
		f.peer, f.call = nil, nil
		return nil
	}
	if err != nil {
		return about(err, "%s answered if that is owed, and OPTIONS behind it", what)
	}
	if over := request.Method() == "BYE" || answer != nil && slices.Contains([]int{408, 481, 500}, answer.Status()); over && f.ours(request) {
		f.call = nil
	}
	return nil
}

// ready makes the connection and the call, unless they are there.
func (f *fuzz) ready(ctx context.Context) (err error) {
	s := f.stand
	if f.peer == nil {
		if f.peer, err = s.Dial(ctx, s.Target.Partner, nil); err != nil {
			return conformance.Unavailable(fmt.Sprintf("a node that lives after %d messages", f.count), err)
		}
	}
	if f.call == nil {
		f.call, err = s.Establish(ctx, f.peer, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		err = about(err, "a call to be taken after %d messages", f.count)
	}
	return err
}

// put waits for the answers: to the OPTIONS, and to the request that the message
// began as if it is owed one. What is taken for a call is ended.
func (f *fuzz) put(ctx context.Context, what string, message []byte, request *raw.Message, owed bool) (answer *raw.Message, err error) {
	probe, err := raw.Parse(f.stand.Options(f.stand.Target.Partner))
	if err != nil {
		return nil, err
	}
	if err := f.peer.Send(message, what); err != nil {
		return nil, err
	}
	if err := f.peer.Send(probe.Bytes, "OPTIONS"); err != nil {
		return nil, err
	}
	mine, probes := raw.And(raw.Final(), raw.AnswerTo(request)), raw.And(raw.Final(), raw.AnswerTo(probe))
	usable := false
	_, err = f.peer.Await(ctx, what, func(m *raw.Message) bool {
		usable = usable || probes(m)
		if mine(m) {
			answer = m
		}
		f.tidy(m)
		return usable && (answer != nil || !owed)
	})
	return answer, err
}

// ours tells whether a message is of the call.
func (f *fuzz) ours(m *raw.Message) bool {
	return f.call != nil && m.CallID() == f.call.Invite.CallID()
}

// tidy acknowledges an answered INVITE, ends what was taken for a call, and
// answers BYE: what a node holds for messages made up it need not hold for long.
func (f *fuzz) tidy(m *raw.Message) {
	if m.Method() == "BYE" {
		_ = f.peer.Respond(m, 200, "OK", nil) // whether it arrives is no verdict, here and below
		if f.ours(m) {
			f.call = nil
		}
		return
	}
	n, method := m.CSeq()
	if !raw.Final()(m) || method != "INVITE" {
		return
	}
	end := func(method string, cseq uint32, via string) {
		uri := f.stand.URI()
		if contact, err := raw.ParseNameAddr(m.Get("Contact")); err == nil && contact.URI.Host != "" {
			uri = contact.URI.Original
		}
		_ = f.peer.Send(raw.NewRequest(method, uri).Header("Via", via).Header("Max-Forwards", "70").Copy(m, "From", "To", "Call-ID").
			Headerf("CSeq", "%d %s", cseq, method).Length().Bytes(), method)
	}
	fresh := "SIP/2.0/TLS " + f.stand.Target.Partner.Host + ":5061;branch=" + f.stand.Branch()
	switch {
	case m.Status() >= 300:
		end("ACK", n, m.Get("Via"))
	case f.ours(m):
		end("ACK", n, fresh)
	default:
		end("ACK", n, fresh)
		end("BYE", n+1, fresh+"b")
	}
}

// answered has the node call out and answers with what is made up or spoilt, and
// with 486 behind it: the caller must hear of an end.
func (f *fuzz) answered(ctx context.Context, grammatical bool) error {
	in, err := f.stand.Called(ctx)
	if err != nil {
		return err
	}
	f.count++
	status := pick(f.random, []int{100, 180, 183, 200, 302, 404, 491, 503, 600})
	b := in.Response(status, "Fuzz", "fuzz")
	if status == 183 || status == 200 {
		b.Body("application/sdp", f.stand.AnswerFor(in.Invite.Body))
	}
	message := spoil(b.Length().Bytes(), f.random)
	if grammatical {
		message = invent(b, f.random).Bytes()
	}
	what := fmt.Sprintf("message %d of seed %d: %d to the node's INVITE", f.count, f.seed, status)
	if err := in.Send(message, what); err != nil {
		return err
	}
	_ = in.Respond(in.Invite, 486, "Busy Here", nil) // the node may have closed
	placed, err := in.Placing.Result(ctx)
	if err != nil {
		return about(err, "the caller to hear of an end after %s, and 486", what)
	}
	if placed.Status < 300 {
		in.Hangup(ctx)
	}
	return nil
}

// pick is one of several.
func pick[T any](random *rand.Rand, all []T) T { return all[random.IntN(len(all))] }

// The words that values are made of.
var words = []string{
	"sip:", "a", "@", "example.net", ";", ",", "<", ">", `"`, `\`, "=", " ", "\t", "tag", "lr", "*", "[::1]", ":", "5061", "0", "-1", "4294967296",
	"%00", "%s%s", "%", "é", "\xff", "(", ")", "/", "?", "&", "q=0.5", "branch=z9hG4bK", "1.2.3.4", "expires", "\r\n ", "\x7f",
}

// fieldNames are those that values are made for: none that frames or routes the
// answer, which would excuse its absence.
var fieldNames = []string{
	"Contact", "Accept", "Allow", "Supported", "Subject", "Date", "Expires", "User-Agent", "Organization", "Route", "Record-Route", "Reason",
	"P-Asserted-Identity", "Session-Expires", "Min-SE", "Warning", "In-Reply-To", "Call-Info", "Alert-Info", "Priority", "X-Any", "Timestamp", "Accept-Language",
	"RAck", "RSeq", "Replaces", "Refer-To", "Event", "Retry-After", "Content-Disposition", "Allow-Events",
}

// invent adds fields that the grammar allows, or nearly.
func invent(b *raw.Builder, random *rand.Rand) *raw.Builder {
	for range 1 + random.IntN(3) {
		var value strings.Builder
		for range random.IntN(24) {
			value.WriteString(words[random.IntN(len(words))])
		}
		b.Line(fieldNames[random.IntN(len(fieldNames))] + ": " + value.String() + "x")
	}
	return b
}

// spoil changes a few bytes, but no line end and not Content-Length: a node may
// wait for a message whose end it cannot see.
func spoil(message []byte, random *rand.Rand) []byte {
	out := slices.Clone(message)
	length := strings.Index(string(message), "Content-Length")
	for range 1 + random.IntN(4) {
		at := random.IntN(len(out))
		by := byte(random.IntN(256))
		if at >= length && at < length+len("Content-Length: 9999") || slices.Contains([]byte("\r\n"), out[at]) || slices.Contains([]byte("\r\n"), by) {
			continue
		}
		out[at] = by
	}
	return out
}
