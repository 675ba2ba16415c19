package stack

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"fedge/sip/gate"
	"fedge/sip/raw"
)

// reading is what a reader makes of a message that the gate let through: where
// it ends, who it is from, and what transaction and dialog it belongs to.
type reading struct {
	method, callID, fromTag, toTag, branch, host string
	cseq                                         uint32
	body                                         string
}

func gateReads(m *Message) reading {
	return reading{m.Method(), m.CallID(), m.FromTag(), m.ToTag(), m.Via().Branch, m.Via().Host, m.CSeq(), m.Body()}
}

// sipgoReads is what sipgo makes of the same bytes, and how many of them it
// took; ok is false when it refuses them or waits for more.
func sipgoReads(b []byte) (r reading, used int, ok bool) {
	defer func() {
		if recover() != nil { // a reader that panics has refused
			ok = false
		}
	}()
	stream := sip.NewParser().NewSIPStream()
	if _, err := stream.Write(b); err != nil {
		return r, 0, false
	}
	message, used, err := stream.ParseNext()
	if err != nil {
		return r, used, false
	}
	switch m := message.(type) {
	case *sip.Request:
		r.method = string(m.Method)
		r.fill(m.CallID(), m.From(), m.To(), m.Via(), m.CSeq())
	case *sip.Response:
		r.fill(m.CallID(), m.From(), m.To(), m.Via(), m.CSeq())
		if m.CSeq() != nil {
			r.method = string(m.CSeq().MethodName)
		}
	}
	r.body = string(message.Body())
	return r, used, true
}

func (r *reading) fill(callID *sip.CallIDHeader, from *sip.FromHeader, to *sip.ToHeader, via *sip.ViaHeader, cseq *sip.CSeqHeader) {
	if callID != nil {
		r.callID = callID.Value()
	}
	if from != nil {
		r.fromTag, _ = from.Params.Get("tag")
	}
	if to != nil {
		r.toTag, _ = to.Params.Get("tag")
	}
	if via != nil {
		r.branch, _ = via.Params.Get("branch")
		r.host = via.Host
	}
	if cseq != nil {
		r.cseq = cseq.SeqNo
	}
}

// rawReads is what the simulator's reader makes of them.
func rawReads(b []byte) (r reading, ok bool) {
	m, err := raw.NewReader(bytes.NewReader(b), raw.Limits{}).Next()
	if err != nil {
		return r, false
	}
	r = reading{callID: m.CallID(), fromTag: m.Tag("From"), toTag: m.Tag("To"), body: string(m.Body)}
	r.cseq, r.method = m.CSeq()
	if m.IsRequest() {
		r.method = m.Method()
	}
	if top := m.List("Via"); len(top) > 0 {
		if via, err := raw.ParseVia(top[0]); err == nil {
			r.branch, _ = via.Params.Get("branch")
			r.host = via.Host
		}
	}
	return r, true
}

// differences are what sipgo is known to make of parts of a message that the
// gate let through, and why that harms nobody: of sipgo the stack uses the URI's
// grammar alone, and ParseURI refuses what the two read differently.
var differences = []struct {
	part, what string
	explains   func(whole, ours, theirs string) bool
}{
	{"method", "sipgo makes methods upper-case; here they have a case (RFC 3261 §7.1)", func(_, ours, theirs string) bool { return strings.ToUpper(ours) == theirs }},
	{"method", "sipgo keeps all white space but one in a response's CSeq (RFC 3261 §25.1, LWS)", func(_, ours, theirs string) bool { return strings.TrimSpace(theirs) == ours }},
	{"from", "sipgo keeps white space and case of parameters, and looks into quotes (RFC 3261 §7.3.1, §25.1)", awkward},
	{"to", "the same for To", awkward},
	{"branch", "the same for Via", awkward},
	{"branch", "sipgo gives an element of a list that has no parameters those of the next", func(whole, ours, _ string) bool { return ours == "" && !strings.Contains(whole, ";") }},
	{"host", "sipgo's sent-by has no brackets about IPv6", func(_, ours, theirs string) bool { return strings.Trim(ours, "[]") == theirs }},
	{"host", "sipgo takes a comma, and what follows it, for part of a sent-by", func(_, ours, theirs string) bool {
		rest, same := strings.CutPrefix(theirs, ours)
		return same && strings.HasPrefix(strings.TrimLeft(rest, " \t"), ",")
	}},
	{"host", "sipgo's Via bears no white space but one before the sent-by (RFC 3261 §25.1, SLASH, COLON and SEMI)", func(whole, _, _ string) bool {
		hop, _, _ := strings.Cut(whole, ";")
		return len(strings.Fields(hop)) != 2 || strings.Join(strings.Fields(hop), " ") != hop
	}},
}

// awkward tells whether a value has what sipgo's parameters cannot bear.
func awkward(whole, _, _ string) bool {
	_, params, _ := strings.Cut(whole, ";")
	return strings.ContainsAny(whole, "\"<>") || strings.ContainsAny(params, " \t\r\n=ABCGHNRT")
}

// parts are what is compared beside the body, and the text each is a part of.
func (r reading) parts(m *Message) [][3]string {
	return [][3]string{
		{"method", r.method, m.Method()}, {"call-id", r.callID, m.CallID()}, {"cseq", strconv.Itoa(int(r.cseq)), m.Header("CSeq")},
		{"from", r.fromTag, m.Header("From")}, {"to", r.toTag, m.Header("To")}, {"branch", r.branch, m.Via().Raw}, {"host", r.host, m.Via().Raw},
	}
}

// agree compares, and returns which listed differences there are; an error when
// there is one that is not.
func agree(m *Message) (known []string, err error) {
	b := []byte(m.Raw)
	ours := gateReads(m)
	if theirs, ok := rawReads(b); !ok || theirs != ours {
		return nil, fmt.Errorf("the simulator reads %+v, the gate %+v", theirs, ours)
	}
	theirs, used, ok := sipgoReads(b)
	if !ok {
		return []string{refuses}, nil
	}
	if used != len(b) || theirs.body != ours.body {
		return nil, fmt.Errorf("sipgo takes %d of %d bytes, and a body of %d; the gate one of %d", used, len(b), len(theirs.body), len(ours.body))
	}
	other := theirs.parts(m)
	for i, part := range ours.parts(m) {
		if part[1] == other[i][1] {
			continue
		}
		why := ""
		for _, d := range differences {
			if d.part == part[0] && d.explains(part[2], part[1], other[i][1]) {
				why = d.what
			}
		}
		if why == "" {
			return nil, fmt.Errorf("%s: sipgo reads %q, the gate %q", part[0], other[i][1], part[1])
		}
		known = append(known, why)
	}
	return known, nil
}

// refuses is no danger: nobody but the gate decides what gets in.
const refuses = "sipgo refuses it"

// torture are the messages of RFC 4475 and RFC 5118.
func torture(t testing.TB) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, where := range []string{"torture/rfc4475", "ipv6/rfc5118"} {
		files, err := filepath.Glob("../../conformance/cases/" + where + "/*.dat")
		if err != nil || len(files) == 0 {
			t.Fatalf("no messages in %s: %v", where, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimSuffix(filepath.Base(file), ".dat")] = b
		}
	}
	return out
}

// FuzzAgree: of every message that the gate lets through, all who read it here
// find the same end, and the same sender, transaction and dialog, or the
// difference is listed.
func FuzzAgree(f *testing.F) {
	for _, b := range torture(f) {
		f.Add(b)
	}
	f.Add([]byte("INVITE sip:standup@vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8422CB10.E1;branched=FALSE\r\n" +
		"From: \"Anna\"<sip:anna@contoso.example>;tag=cd9;epid=69\r\nTo: <sip:standup@vc.example.com>\r\nCall-ID: d980b0\r\nCSeq: 1 INVITE\r\nl: 3\r\n\r\nv=0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := gate.NewReader(text{bytes.NewReader(b)}, gate.Limits{}, func() {})
		for {
			m, err := r.Next()
			if rej, ok := err.(*gate.Reject); ok && !rej.Close {
				continue
			}
			if err != nil {
				return
			}
			if _, err := agree(m); err != nil {
				t.Fatalf("%v\n%q", err, m.Raw)
			}
		}
	})
}

// TestAgree: the torture messages, and one for each that they do not show, are
// read differently in the ways that are listed, and each of those is needed.
func TestAgree(t *testing.T) {
	messages := torture(t)
	good := string(messages["lwsdisp"])
	messages["space in sent-by"] = []byte(strings.Replace(good, "UDP funky.example.com", "UDP funky.example.com :5060 ", 1))
	messages["case of branch"] = []byte(strings.Replace(good, ";branch", ";BRANCH", 1))
	messages["case of tag"] = []byte(strings.Replace(good, ";tag", ";TAG", 1))
	messages["space in CSeq"] = []byte(strings.Replace(string(messages["noreason"]), "35 INVITE", "35  INVITE", 1))
	messages["empty elements"] = []byte(strings.Replace(good, "UDP funky.example.com", "UDP funky.example.com,,\r\nVia: SIP/2.0/UDP next.example.com", 1))
	messages["bare element"] = []byte(strings.Replace(good, "UDP funky.example.com", "UDP bare.example.com, SIP/2.0/UDP funky.example.com", 1))
	messages["refused"] = []byte(strings.Replace(good, "l: 0", "l: 0\r\nExpires: x\r\nMax-Forwards : 70", 1))
	seen := make(map[string]bool)
	for name, b := range messages {
		m, err := gate.NewReader(text{bytes.NewReader(b)}, gate.Limits{}, func() {}).Next()
		if err != nil {
			continue
		}
		known, err := agree(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, why := range known {
			seen[why] = true
		}
	}
	for _, d := range differences {
		if !seen[d.what] {
			t.Errorf("no message shows that %s", d.what)
		}
	}
}
