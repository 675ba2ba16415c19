package lync

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"fedge/sip/raw"
)

func TestParseCrypto(t *testing.T) {
	key := strings.Repeat("A", 40)
	for _, c := range []struct {
		in  string
		tag int
		mki string
	}{
		{"3 AES_CM_128_HMAC_SHA1_80 inline:" + key, 3, ""},
		{"3 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31", 3, ""},
		{"2 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31|1:1", 2, "\x01"},
		{"2 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|258:4", 2, "\x00\x00\x01\x02"},
	} {
		got, err := parseCrypto(c.in)
		if err != nil || got.tag != c.tag || string(got.mki) != c.mki {
			t.Errorf("%s: %+v, %v", c.in, got, err)
		}
	}
	for _, bad := range []string{
		"", "3", "3 AES_CM_128_HMAC_SHA1_32 inline:" + key, "3  AES_CM_128_HMAC_SHA1_80 inline:" + key,
		"3 AES_CM_128_HMAC_SHA1_80 inline:" + key[1:], "3 AES_CM_128_HMAC_SHA1_80 inline:" + key + "==",
		"3 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31|1:9", "x AES_CM_128_HMAC_SHA1_80 inline:" + key,
	} {
		got, err := parseCrypto(bad)
		if err == nil {
			t.Errorf("%q became %+v", bad, got)
		} else if strings.Contains(err.Error(), key[1:]) {
			t.Errorf("the key is in the error: %v", err)
		}
	}
}

func TestKeysStayHidden(t *testing.T) {
	k := NewKey()
	if s := k.String() + k.GoString(); strings.Contains(s, k.base64()) {
		t.Error(s)
	}
}

func TestBuildAnswer(t *testing.T) {
	key := strings.Repeat("B", 40)
	offer := strings.ReplaceAll(strings.Join([]string{
		"v=0", "o=- 1 1 IN IP4 198.51.100.42", "s=noname", "c=IN IP4 198.51.100.42", "t=0 0",
		"m=audio 40000 RTP/AVP 9 0 8 101", "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:K|2^31|1:1",
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:K|2^31|1:1", "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:K|2^31",
		"a=rtpmap:9 G722/8000", "a=rtpmap:101 telephone-event/8000", "a=sendonly",
		"m=video 40002 RTP/SAVP 122 121", "a=x-ssrc-range:100-199", "a=rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli", "a=rtcp-rsize",
		"a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:K", "a=rtpmap:122 X-H264UC/90000", "a=fmtp:122 mst-mode=NI-TC;packetization-mode=1", "a=rtcp-mux",
		"m=applicationsharing 40004 TCP/RTP/SAVP 127", "a=rtpmap:127 x-data/90000", "",
	}, "\r\n"), "inline:K", "inline:"+key)
	g, err := findClient("2016")
	if err != nil {
		t.Fatal(err)
	}
	body, facts, taken, err := buildAnswer([]byte(offer), testOffer(true), NewIDs(1).Next(), g)
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Media) != 3 || len(taken) != 2 || taken[0].CryptoTag != 3 || taken[0].payload != 0 || taken[1].CryptoTag != 7 || !taken[1].Mux {
		t.Errorf("facts %+v, taken %+v", facts.Media, taken)
	}
	for _, want := range []string{
		"s=noname\r\n", "m=audio 50052 RTP/SAVP 0 101\r\n", "a=crypto:3 ", "a=recvonly\r\n", "a=rtcp:50053\r\n",
		"m=video 50060 RTP/SAVP 122\r\n", "a=x-ssrc-range:1001-1100\r\n", "a=crypto:7 ", "a=rtcp-mux\r\n", "a=rtcp-rsize\r\n",
		"m=applicationsharing 0 TCP/RTP/SAVP 127\r\n",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if n := bytes.Count(body, []byte("a=crypto")); n != 2 {
		t.Errorf("%d crypto lines", n)
	}
	d, err := parseSDP(body)
	if err != nil || len(d.media) != 3 {
		t.Fatalf("%v", err)
	}
	// The width of the SSRC range decides whether X-H264UC counts at all.
	narrow := strings.Replace(offer, "100-199", "100-110", 1)
	if body, _, _, err := buildAnswer([]byte(narrow), testOffer(true), NewIDs(1).Next(), g); err != nil || !strings.Contains(string(body), "m=video 0 ") {
		t.Errorf("%v\n%s", err, body)
	}
}

func TestFacts(t *testing.T) {
	body := "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\na=inactive\r\n" +
		"m=audio 40000 RTP/SAVP 0\r\na=rtcp:40011 IN IP4 1.2.3.5\r\nm=video 40002 RTP/SAVP 122\r\nc=IN IP4 1.2.3.6\r\na=sendonly\r\nm=x 0 y z\r\n"
	d, err := parseSDP([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.facts([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := []AnswerMedia{
		{Kind: "audio", RTP: netip.MustParseAddrPort("1.2.3.4:40000"), RTCP: netip.MustParseAddrPort("1.2.3.5:40011"), Direction: "inactive"},
		{Kind: "video", RTP: netip.MustParseAddrPort("1.2.3.6:40002"), RTCP: netip.MustParseAddrPort("1.2.3.6:40003"), Direction: "sendonly"},
		{Kind: "x", Direction: "inactive"},
	}
	for i, w := range want {
		if g := a.Media[i]; g.Kind != w.Kind || g.RTP != w.RTP || g.RTCP != w.RTCP || g.Direction != w.Direction {
			t.Errorf("got %+v, want %+v", g, w)
		}
	}
}

// A media type may have white space around its slash (RFC 3261 §25.1).
func TestMediaTypeWithSpace(t *testing.T) {
	for _, message := range []string{
		"INVITE sip:a SIP/2.0\r\nContent-Type: application / sdp\r\n\r\nv=0",
		"INVITE sip:a SIP/2.0\r\nContent-Type: Application\t/\r\n\tSDP;charset=utf-8\r\n\r\nv=0",
		"INVITE sip:a SIP/2.0\r\nContent-Type: multipart / mixed ; boundary = \"b\"\r\n\r\n--b\r\nContent-Type: application\t/ sdp\r\n\r\nv=0\r\n--b--\r\n",
	} {
		m, err := raw.Parse([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		if sdp, err := sdpOf(m); err != nil || string(sdp) != "v=0" {
			t.Errorf("%q: %q, %v", message, sdp, err)
		}
	}
}

func TestMultipartTakesLast(t *testing.T) {
	m := sentBy(t, testCaller(t, testProfile(t, "2013"), 0, testOffer(false)).Start(epoch))[0]
	body, err := sdpOf(m)
	if err != nil || !bytes.Contains(body, []byte("a=ice-ufrag")) || bytes.Contains(body, []byte("m=audio 9 ")) {
		t.Errorf("%v\n%s", err, body)
	}
	for _, bad := range []string{
		"INVITE sip:a SIP/2.0\r\n\r\n",
		"INVITE sip:a SIP/2.0\r\nContent-Type: text/plain\r\n\r\nx",
		"INVITE sip:a SIP/2.0\r\nContent-Type: multipart/mixed\r\n\r\nx",
		"INVITE sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
	} {
		if body, err := sdpOf(mustParse(t, []byte(bad))); err == nil {
			t.Errorf("%q holds %q", bad, body)
		}
	}
}

// FuzzDescription: no description of a peer does harm, and what we answer can be
// read again with as many m-lines.
func FuzzDescription(f *testing.F) {
	f.Add([]byte(nodeSDP(&raw.Message{Body: []byte("a=rtcp-mux\r\nm=video")}, "inactive")))
	f.Add([]byte(farOffer))
	f.Add([]byte("v=0\nc=IN IP6 ::1\nm=video 1 RTP/SAVP 96\na=x-ssrc-range:1-99\na=rtcp:9 IN IP4 x\n"))
	client, err := findClient("2016")
	if err != nil {
		f.Fatal(err)
	}
	id := NewIDs(1).Next()
	f.Fuzz(func(t *testing.T, in []byte) {
		judgeAnswer(testOffer(true), client, in, func(string, string) {})
		body, facts, _, err := buildAnswer(in, testOffer(true), id, client)
		if err != nil {
			return
		}
		d, err := parseSDP(body)
		if err != nil || len(d.media) != len(facts.Media) {
			t.Fatalf("%v: %d m-lines for %d:\n%s", err, len(d.media), len(facts.Media), body)
		}
	})
}
