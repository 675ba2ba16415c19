package scenario

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fedge/lync"
	"fedge/sip/raw"
)

// peerAnswer is what sipp's UAS says of media: about as long as a node's.
const peerAnswer = `v=0
o=- 3862 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/SAVP 0 101
a=rtcp:40001
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
`

// peerUAS answers as a node does: 200 to INVITE, 200 to BYE.
const peerUAS = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="uas">
<recv request="INVITE" crlf="true"/>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[pid]uas[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS
Content-Type: application/sdp
Content-Length: [len]

` + peerAnswer + `
]]></send>
<recv request="ACK" crlf="true"/>
<recv request="BYE"/>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`

// peerUAC is the caller that sends the same messages as ours.
const peerUAC = `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="uac">
<send><![CDATA[

%s
]]></send>
<recv response="100" optional="true"/>
<recv response="200"/>
<send><![CDATA[

%s
]]></send>
<send><![CDATA[

%s
]]></send>
<recv response="200"/>
</scenario>
`

// sippUAC makes a script of sipp's from the very messages that our caller
// sends, so that both carry the same load. It also returns the INVITE's size.
func sippUAC(crew *crew) (script string, size int, err error) {
	m := lync.NewCaller(lync.CallerConfig{
		Profile: crew.edge.Profile(), ID: crew.ids.Next(), From: lync.Party{Address: crew.users[0]},
		To: crew.room, Via: "127.0.0.1:50000", Offer: crew.offer,
	})
	now := time.Now()
	var sent [][]byte
	keep := func(actions []lync.Action) {
		for _, a := range actions {
			if a.Kind == lync.Send {
				sent = append(sent, a.Bytes)
			}
		}
	}
	keep(m.Start(now))
	invite, err := raw.Parse(sent[0])
	if err != nil {
		return "", 0, fmt.Errorf("scenario: reading our own INVITE: %w", err)
	}
	answer, err := raw.Respond(invite, 200, "OK", "peer").
		Header("Contact", "<sip:"+netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5061).String()+";transport=tcp>").Message()
	if err != nil {
		return "", 0, fmt.Errorf("scenario: making an answer: %w", err)
	}
	keep(m.Handle(now, answer))
	keep(m.Hangup(now))
	if len(sent) != 3 {
		return "", 0, fmt.Errorf("scenario: a call sent %d messages, want INVITE, ACK, BYE", len(sent))
	}
	texts := make([]any, len(sent))
	for i, b := range sent {
		if texts[i], err = sippMessage(b); err != nil {
			return "", 0, err
		}
	}
	return fmt.Sprintf(peerUAC, texts...), len(sent[0]), nil
}

// sippMessage puts sipp's keywords where a message names one call.
func sippMessage(b []byte) (string, error) {
	if bytes.ContainsAny(b, "[]") || bytes.Contains(b, []byte("]]>")) {
		return "", fmt.Errorf("scenario: %.40q holds brackets, which sipp takes for keywords", b)
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	via, length := false, 0
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Via":
			if !via {
				lines[i] = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]" + value[strings.Index(value, ";branched"):]
			}
			via = true
		case "Call-ID":
			lines[i] = "Call-ID: [call_id]"
		case "Content-Length":
			length = i
		case "From":
			before, after, _ := strings.Cut(value, "tag=")
			_, rest, epid := strings.Cut(after, ";")
			if lines[i] = "From: " + before + "tag=[pid]uac[call_number]"; epid {
				lines[i] += ";" + rest
			}
		case "To":
			if before, _, tagged := strings.Cut(value, ";tag="); tagged {
				lines[i] = "To: " + before + "[peer_tag_param]"
			}
		}
	}
	// sipp ends a message without a body at its Content-Length.
	lines = append(slices.Delete(lines, length, length+1), "Content-Length: [len]")
	return strings.Join(lines, "\n") + "\n\n" + body, nil
}
