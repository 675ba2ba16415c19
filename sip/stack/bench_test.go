package stack

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"fedge/capture"
	"fedge/sip/link"
)

// lyncInvite is an INVITE of the size and shape that an Edge sends: 40 header
// lines, two routes, 4.3 KB of description.
func lyncInvite(id string) string {
	var sdp strings.Builder
	sdp.WriteString("v=0\r\no=- 0 0 IN IP4 10.1.9.43\r\ns=session\r\nc=IN IP4 10.1.9.43\r\nb=CT:99980\r\nt=0 0\r\nm=audio 20000 RTP/SAVP 117 104 114 9 112 111 0 8\r\n")
	for i := range 50 {
		sdp.WriteString(fmt.Sprintf("a=candidate:%d 1 UDP 2130706431 10.1.9.%d %d typ host raddr 10.1.9.43 rport 50000 ok\r\n", i, i, 20000+i))
	}
	return strings.Join([]string{
		"INVITE sip:standup@vc.example.com SIP/2.0",
		lyncRoutes[0],
		`Via: SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK` + id + `;branched=FALSE;ms-internal-info="cjL3AA"`,
		"Max-Forwards: 67",
		fmt.Sprint("Content-Length: ", len(sdp.String())),
		"Via: SIP/2.0/TLS 10.1.1.10:49673;branch=z9hG4bK64222A46.7C28527A0DA0DB30;branched=FALSE;ms-received-port=49673;ms-received-cid=1C224C00",
		"Via: SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529;ms-received-cid=19F21100",
		lyncRoutes[1],
		`P-Asserted-Identity: "Anna"<sip:anna@contoso.example>,<tel:+15551230001>`,
		`From: "Anna"<sip:anna@contoso.example>;tag=` + id + `;epid=69eb994c65`,
		"To: <sip:standup@vc.example.com>",
		"Call-ID: " + id,
		"CSeq: 1 INVITE",
		"Contact: <sip:anna@contoso.example;opaque=user:epid:yrmRjH4GQVqJor-JE9ciowAA;gruu>",
		"User-Agent: UCCAPI/16.0.4591.1000 OC/16.0.4600.1000 (Skype for Business)",
		"Supported: ms-dialog-route-set-update", "Ms-Conversation-ID: AdPHUWJH0stCMXggSpG6tMex88orbg==",
		"Supported: timer", "Supported: histinfo", "Supported: ms-safe-transfer", "Supported: ms-sender", "Supported: ms-early-media", "Supported: 100rel",
		"ms-keep-alive: UAC;hop-hop=yes", "Allow: INVITE, BYE, ACK, CANCEL, INFO, UPDATE, REFER, NOTIFY, BENOTIFY, OPTIONS",
		"ms-subnet: 10.1.9.0", "Accept-Language: en-US", "ms-endpoint-location-data: NetworkScope;ms-media-location-type=Intranet",
		"Supported: replaces", "Supported: ms-conf-invite", "Content-Type: application/sdp", "history-info: <sip:standup@vc.example.com>;index=1",
	}, "\r\n") + "\r\n\r\n" + sdp.String()
}

// short is an ACK or BYE of the same caller.
func short(method, id, toTag string, cseq int) string {
	return strings.Join([]string{
		method + " sip:standup@px01.vc.example.com:5061;transport=tls SIP/2.0",
		"Via: SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK" + id + method + `;branched=FALSE;ms-internal-info="cjL3AA"`,
		"Via: SIP/2.0/TLS 10.1.1.10:49673;branch=z9hG4bK64222A46.7C28527A0DA0DB30;branched=FALSE;ms-received-port=49673;ms-received-cid=1C224C00",
		"Via: SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529;ms-received-cid=19F21100",
		"Max-Forwards: 67",
		`From: "Anna"<sip:anna@contoso.example>;tag=` + id + ";epid=69eb994c65", "To: <sip:standup@vc.example.com>;tag=" + toTag, "Call-ID: " + id,
		fmt.Sprint("CSeq: ", cseq, " ", method), "User-Agent: UCCAPI/16.0.4591.1000 OC/16.0.4600.1000 (Skype for Business)",
		"Supported: ms-dialog-route-set-update", "Supported: timer", "Content-Length: 0", "", "",
	}, "\r\n")
}

// template is a message with an id of 32 digits in several places, patched in
// a copy: the caller shall cost little.
type template struct {
	text []byte
	at   []int
}

const placeholder = "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII"

func newTemplate(text string) template {
	t := template{text: []byte(text)}
	for at := 0; ; at++ {
		i := strings.Index(text[at:], placeholder)
		if i < 0 {
			return t
		}
		at += i
		t.at = append(t.at, at)
	}
}

func (t template) fill(id string) []byte {
	b := bytes.Clone(t.text)
	for _, at := range t.at {
		copy(b[at:], id)
	}
	return b
}

// skipper takes answers one by one, at little cost.
type skipper struct {
	l    *link.Link
	have []byte
	buf  []byte
}

func (s *skipper) next(b *testing.B) []byte {
	for {
		if end := bytes.Index(s.have, []byte("\r\n\r\n")); end >= 0 {
			at := bytes.Index(s.have, []byte("Content-Length: ")) + len("Content-Length: ")
			n := 0
			for ; s.have[at] != '\r'; at++ {
				n = n*10 + int(s.have[at]-'0')
			}
			if total := end + 4 + n; len(s.have) >= total {
				m := s.have[:total]
				s.have = s.have[total:]
				return m
			}
		}
		n, err := s.l.Read(s.buf)
		if err != nil {
			b.Fatal(err)
		}
		s.have = append(s.have, s.buf[:n]...)
	}
}

// BenchmarkCall is INVITE/100/200/ACK/BYE/200 over TLS in memory. It includes
// the caller, which does little but TLS.
func BenchmarkCall(b *testing.B) {
	sdp := []byte(strings.Repeat("a=candidate:1 1 UDP 2130706431 198.51.100.41 40000 typ host\r\n", 20))
	owner := func(d *Dialog) {
		go func() {
			defer d.Close()
			d.Respond(Response{Status: 100})
			d.Respond(Response{Status: 200, Contact: contact, ContentType: "application/sdp", Body: sdp})
			for e := range d.Events() {
				if e.Kind == Ended {
					e.Tx.Respond(Response{Status: 200})
					return
				}
			}
		}()
	}
	limits := Limits{LinkTransactions: 1 << 20, Transactions: 1 << 20}
	inWorld(b, Config{Product: "fedge", Handlers: Handlers{Invite: owner}, Limits: limits}, func(w *world) {
		l, err := link.Dial(w.ctx, link.Config{TLS: w.tls("sip.contoso.example")}, node, nodeAddr, w.network.Dial)
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		answers := &skipper{l: l, buf: make([]byte, 16<<10)}
		const tag = "TTTTTTTTTTTTTTTT"
		invite := newTemplate(lyncInvite(placeholder))
		rest := newTemplate(short("ACK", placeholder, tag, 1) + short("BYE", placeholder, tag, 2))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			id := fmt.Sprintf("%032x", i)
			l.Send(invite.fill(id), capture.Label{})
			answers.next(b)
			ok := answers.next(b)
			at := bytes.Index(ok, []byte("\r\nTo: "))
			at += bytes.Index(ok[at:], []byte(";tag=")) + 5
			l.Send(bytes.ReplaceAll(rest.fill(id), []byte(tag), ok[at:at+16]), capture.Label{})
			answers.next(b)
		}
	})
}
