package sdp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// key of the far end in all tests: 30 bytes of no secret.
const farKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"

// lync is an audio and video offer as a 2016 client writes it, with a content
// line between the two that no media library likes, and blanks at line ends.
func lync(proto string) string {
	secure := strings.ReplaceAll(`a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:1
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:1
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31`, "KEY", farKey)
	return crlf(`v=0
o=- 0 0 IN IP4 192.0.2.43
s=session
c=IN IP4 192.0.2.43
b=CT:99980
t=0 0
a=x-mediabw:main-video send=12000;recv=12000
a=x-devicecaps:audio:send,recv;video:send,recv
m=audio 50052 ` + proto + ` 117 104 114 9 112 111 0 8 103 116 115 97 13 118 119 101
a=x-ssrc-range:1000-1000
a=rtcp-fb:* x-message app send:dsh recv:dsh
a=rtcp-rsize
a=label:main-audio
a=x-source:main-audio
a=ice-ufrag:M+7x
a=ice-pwd:0123456789abcdefghijklmn
a=candidate:1 1 UDP 2130706431 192.0.2.43 50052 typ host 
a=candidate:1 2 UDP 2130705918 192.0.2.43 50053 typ host 
` + secure + `
a=maxptime:200
a=rtcp:50053
a=rtpmap:117 G722/8000/2
a=rtpmap:104 SILK/16000
a=fmtp:104 useinbandfec=1; usedtx=0
a=rtpmap:114 x-msrta/16000
a=fmtp:114 bitrate=29000
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 RED/8000
a=rtpmap:13 CN/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtcp-mux
a=ptime:20
a=extmap:1 http:\\www.webrtc.org\experiments\rtp-hdrext\abs-send-time
m=applicationsharing 50060 TCP/` + proto + ` 127
a=rtpmap:127 x-data/90000
a=x-applicationsharing-role:sharer
m=video 50054 ` + proto + ` 122 121 123
a=x-ssrc-range:1001-1100
a=rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli
a=rtcp-rsize
a=label:main-video
a=x-source:main-video
a=x-caps:121 263:1920:1080:30.0:2000000:1;4359:1280:720:30.0:1500000:1
` + secure + `
a=rtcp:50055
a=rtpmap:122 X-H264UC/90000
a=fmtp:122 packetization-mode=1;mst-mode=NI-TC
a=rtpmap:121 x-rtvc1/90000
a=rtpmap:123 x-ulpfecuc/90000
a=rtcp-mux
`)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func parse(t *testing.T, text string) *Description {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseKeepsEverything(t *testing.T) {
	text := lync("RTP/AVP")
	got := parse(t, text).Bytes()
	want := strings.ReplaceAll(text, " \r\n", "\r\n")
	if string(got) != want {
		t.Errorf("came back as\n%s", got)
	}
	if got := parse(t, strings.ReplaceAll(text, "\r\n", "\n")).Bytes(); string(got) != want {
		t.Error("bare line feeds read differently")
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"no version", "o=- 0 0 IN IP4 192.0.2.1\r\n", "line 1: a description starts with v=0"},
		{"another version", "v=1\r\n", "line 1"},
		{"no origin", "v=0\r\ns=-\r\n", "o="},
		{"short origin", "v=0\r\no=- 0 0\r\n", "o="},
		{"not a line", head + "hello\r\n", "line 5: not of the form"},
		{"a header", head + "Content-Type: x\r\n", "line 5"},
		{"a null byte", head + "a=\x00\r\n", "control character"},
		{"port 70000", head + "m=audio 70000 RTP/AVP 0\r\n", "line 5: m= has no port"},
		{"negative port", head + "m=audio -1 RTP/AVP 0\r\n", "port"},
		{"no protocol", head + "m=audio 4000\r\n", "needs"},
		{"bad count", head + "m=audio 4000/x RTP/AVP 0\r\n", "number of ports"},
		{"many lines", head + strings.Repeat("a=x\r\n", 10000), "more than 2000 lines"},
		{"many media", head + strings.Repeat("m=audio 9 RTP/AVP 0\r\n", 33), "more than 32 media"},
		{"too large", head + strings.Repeat("a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 2000), "65536 are read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			if _, ok := errors.AsType[*SyntaxError](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

var here = Local{Address: netip.MustParseAddr("198.51.100.41"), Session: 77, Version: 1}

// fill does what a node does between Choose and Answer.
func fill(streams []Stream) []Stream {
	for i := range streams {
		s := &streams[i]
		s.Port = uint16(40000 + 2*i)
		s.SSRC = uint32(5000 + i)
		for j := range s.Key {
			s.Key[j] = byte(0x80 + j)
		}
	}
	return streams
}

const ourKey = "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5yd"

func TestAnswerLync(t *testing.T) {
	for _, proto := range []string{"RTP/AVP", "RTP/SAVP"} {
		offer := parse(t, lync(proto))
		streams, err := Choose(offer, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		want := crlf(`v=0
o=- 77 1 IN IP4 198.51.100.41
s=session
c=IN IP4 198.51.100.41
t=0 0
m=audio 40000 RTP/SAVP 0 101
a=x-ssrc-range:5000-5000
a=rtcp-fb:* x-message app send:dsh recv:dsh
a=rtcp-rsize
a=label:main-audio
a=x-source:main-audio
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:` + ourKey + `|2^31
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtcp-mux
a=ptime:20
m=applicationsharing 0 TCP/` + proto + ` 127
m=video 40002 RTP/SAVP 122
a=x-ssrc-range:5001-5100
a=rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli
a=rtcp-rsize
a=label:main-video
a=x-source:main-video
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:` + ourKey + `|2^31
a=rtpmap:122 X-H264UC/90000
a=fmtp:122 packetization-mode=1;mst-mode=NI-TC
a=rtcp-mux
`)
		if got := string(Answer(offer, fill(streams), here).Bytes()); got != want {
			t.Errorf("%s: answered\n%s", proto, got)
		}
		audio, video := streams[0], streams[1]
		far := netip.MustParseAddrPort("192.0.2.43:50052")
		if audio.Remote != far || audio.RemoteRTCP != far || audio.Crypto.Tag != 3 || audio.Crypto.Key[29] != 0x1d {
			t.Errorf("audio: %+v", audio)
		}
		if video.Codecs[0].Name != H264UC || video.Codecs[0].Send != 122 || !video.Mux || video.Direction != Both {
			t.Errorf("video: %+v", video)
		}
	}
}

// offerOf is a plain SIP offer with the given media.
func offerOf(media string) string {
	return crlf("v=0\no=x 1 1 IN IP4 192.0.2.9\ns=call\nc=IN IP4 192.0.2.9\nt=0 0\n" + media)
}

const good = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + "\n"

func TestChoose(t *testing.T) {
	audio := "m=audio 4000 RTP/SAVP 0\n"
	for _, c := range []struct {
		name, media string
		want        string // what Choose says, see below
	}{
		{"secure audio", audio + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"by preference", "m=audio 4000 RTP/SAVP 96 8 0\n" + good, "0 audio PCMA tag 7 192.0.2.9:4000/4001"},
		{"by a dynamic number", "m=audio 4000 RTP/SAVP 96\na=rtpmap:96 pcmu/8000/1\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"an rtpmap that redefines 0", "m=audio 4000 RTP/SAVP 0\na=rtpmap:0 L16/8000\n" + good, "m=audio (line 1): no codec that is served"},
		{"16 kHz", "m=audio 4000 RTP/SAVP 96\na=rtpmap:96 PCMU/16000\n" + good, "no codec"},
		{"own address", audio + "c=IN IP4 192.0.2.77\n" + good, "0 audio PCMU tag 7 192.0.2.77:4000/4001"},
		{"rtcp elsewhere", audio + "a=rtcp:5555 IN IP4 192.0.2.78\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/5555"},
		{"muxed", audio + "a=rtcp-mux\na=rtcp:5555\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4000 mux"},
		{"SAVPF", "m=audio 4000 RTP/SAVPF 0\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"two audio lines", audio + good + audio + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"a dead line first", "m=audio 0 RTP/SAVP 0\n" + audio + good, "1 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"video without a key", audio + good + "m=video 4002 RTP/AVP 97\na=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1\n", "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"plain H264", audio + good + "m=video 4002 RTP/SAVP 97\na=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id=42e01f; packetization-mode=1\n" + good,
			"0 audio PCMU tag 7 192.0.2.9:4000/4001, 1 video H264 tag 7 192.0.2.9:4002/4003"},
		{"H264 without fragments", audio + good + "m=video 4002 RTP/SAVP 97\na=rtpmap:97 H264/90000\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"H264UC with one SSRC", audio + good + "m=video 4002 RTP/SAVP 122\na=x-ssrc-range:1-1\na=rtpmap:122 X-H264UC/90000\na=fmtp:122 packetization-mode=1;mst-mode=NI-TC\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"H264UC, parameters turned round", "m=video 4002 RTP/SAVP 122\na=x-ssrc-range:1-30\na=rtpmap:122 x-h264uc/90000\na=fmtp:122 MST-MODE=ni-tc;packetization-mode=1\n" + good, "0 video X-H264UC tag 7 192.0.2.9:4002/4003"},
		{"content", audio + good + "m=video 4002 RTP/SAVP 97\na=label:applicationsharing-video\na=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},

		{"no key", "m=audio 4000 RTP/AVP 0\n", "m=audio (line 1): no a=crypto"},
		{"SAVP without a key", audio, "no a=crypto"},
		{"only an MKI", audio + "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + "|2^31|1:1\n", "no a=crypto"},
		{"an MKI without a lifetime", audio + "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + "|1:1\n", "no a=crypto"},
		{"only cryptoscale", audio + "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:" + farKey + "|2^31\n", "no a=crypto"},
		{"another suite", audio + "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" + farKey + "\n", "no a=crypto"},
		{"the second line fits", audio + "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:x\n" + good, "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"a short key", audio + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQF\n", "no a=crypto"},
		{"two keys in a line", audio + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + ";inline:" + farKey + "\n", "no a=crypto"},
		{"unencrypted by parameter", audio + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + " UNENCRYPTED_SRTP\n", "no a=crypto"},
		{"a harmless parameter", audio + strings.TrimSpace(good) + " WSH=128\n", "0 audio PCMU tag 7 192.0.2.9:4000/4001"},
		{"encryption rejected", "m=audio 4000 RTP/AVP 0\na=encryption:rejected\n" + good, "no a=crypto"},
		{"over TCP", "m=audio 4000 TCP/RTP/SAVP 0\n" + good, "transport"},
		{"DTLS", "m=audio 4000 UDP/TLS/RTP/SAVPF 0\n", "transport"},
		{"a name as address", audio + "c=IN IP4 host.example\n" + good, "unicast"},
		{"a group", audio + "c=IN IP4 224.1.1.1/127\n" + good, "unicast"},
		{"a group without a TTL", audio + "c=IN IP4 224.1.1.1\n" + good, "group"},
		{"nothing of ours", "m=applicationsharing 9 TCP/RTP/SAVP 127\n", "neither audio nor"},
		{"no media", "", "neither audio nor"},
		{"audio is not served, video would be", "m=audio 4000 RTP/SAVP 3\n" + good + "m=video 4002 RTP/SAVP 97\na=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1\n" + good, "no codec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			served := c.want[0] == '0' || c.want[0] == '1' // then it is the whole
			if got := choice(t, offerOf(c.media), Policy{}); got != c.want && (served || !strings.Contains(got, c.want)) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	if got := choice(t, offerOf("m=audio 4000 RTP/AVP 0\n"), Policy{Plain: true}); got != "0 audio PCMU plain 192.0.2.9:4000/4001" {
		t.Errorf("plain: %s", got)
	}
	if got := choice(t, offerOf("m=audio 4000 RTP/AVP 0\n"+good), Policy{Plain: true}); got != "0 audio PCMU tag 7 192.0.2.9:4000/4001" {
		t.Errorf("plain is allowed, a key is offered: %s", got)
	}
	if got := choice(t, offerOf("m=audio 4000 RTP/SAVP 0\n"), Policy{Plain: true}); !strings.Contains(got, "no a=crypto") {
		t.Errorf("plain is allowed, SAVP is offered: %s", got)
	}
}

// choice tells in a line what Choose decided.
func choice(t *testing.T, offer string, policy Policy) string {
	t.Helper()
	streams, err := Choose(parse(t, offer), policy)
	if err != nil {
		if _, ok := errors.AsType[*Incompatible](err); !ok {
			t.Errorf("an error of another kind: %v", err)
		}
		return err.Error()
	}
	var lines []string
	for _, s := range streams {
		line := fmt.Sprintf("%d %v %s", s.Index, s.Kind, s.Codecs[0].Name)
		if s.Plain {
			line += " plain"
		} else {
			line += fmt.Sprintf(" tag %d", s.Crypto.Tag)
		}
		line += fmt.Sprintf(" %v/%d", s.Remote, s.RemoteRTCP.Port())
		if s.Mux {
			line += " mux"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func TestDirections(t *testing.T) {
	for _, c := range []struct{ session, media, want string }{
		{"", "", "sendrecv"},
		{"", "a=sendrecv\n", "sendrecv"},
		{"", "a=sendonly\n", "recvonly"},
		{"", "a=recvonly\n", "sendonly"},
		{"", "a=inactive\n", "inactive"},
		{"a=inactive\n", "", "inactive"},
		{"a=inactive\n", "a=sendrecv\n", "sendrecv"},
		{"", "c=IN IP4 0.0.0.0\n", "recvonly"},
		{"", "c=IN IP4 0.0.0.0\na=inactive\n", "inactive"},
		{"", "c=IN IP4 0.0.0.0\na=recvonly\n", "inactive"},
	} {
		text := crlf("v=0\no=x 1 1 IN IP4 192.0.2.9\ns=call\nc=IN IP4 192.0.2.9\nt=0 0\n" + c.session + "m=audio 4000 RTP/SAVP 0\n" + c.media + good)
		offer := parse(t, text)
		streams, err := Choose(offer, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		if got := streams[0].Direction.String(); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.session, c.media, got, c.want)
		}
		written := string(Answer(offer, fill(streams), here).Bytes())
		if has := strings.Contains(written, "a="+c.want+"\r\n"); has == (c.want == "sendrecv") {
			t.Errorf("%q %q: answered\n%s", c.session, c.media, written)
		}
	}
}

func TestOwnOffer(t *testing.T) {
	offered := fill(Offered(true, Audio, Video))
	text := string(Offer(nil, offered, here).Bytes())
	for _, want := range []string{
		"m=audio 40000 RTP/SAVP 0 8 101\r\na=x-ssrc-range:5000-5000\r\na=rtcp-rsize\r\na=label:main-audio\r\n",
		"m=video 40002 RTP/SAVP 122\r\na=x-ssrc-range:5001-5100\r\na=rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli\r\n",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + ourKey + "|2^31\r\n",
		"a=rtcp-mux\r\n", "a=fmtp:101 0-16\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the offer lacks %q:\n%s", want, text)
		}
	}
	plain := string(Offer(nil, fill(Offered(false, Audio, Video)), here).Bytes())
	if strings.Contains(plain, "x-") || strings.Contains(plain, "rtcp-mux") || !strings.Contains(plain, "packetization-mode=1") {
		t.Errorf("the plain offer is\n%s", plain)
	}

	// The far end takes PCMA and no video, without mux.
	answer := parse(t, offerOf("m=audio 6000 RTP/SAVP 8 101\na=rtpmap:101 telephone-event/8000\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+farKey+"\nm=video 0 RTP/SAVP 122\n"))
	agreed, err := ReadAnswer(offered, answer)
	if err != nil || len(agreed) != 1 {
		t.Fatalf("%+v %v", agreed, err)
	}
	a := agreed[0]
	if a.Codecs[0].Name != PCMA || len(a.Codecs) != 2 || a.Mux || a.Remote.String() != "192.0.2.9:6000" ||
		a.RemoteRTCP.Port() != 6001 || a.Port != 40000 || a.Event.Send != 101 || a.Crypto.Key[1] != 1 {
		t.Errorf("agreed on %+v", a)
	}
	if offered[0].Codecs[0].Name != PCMU {
		t.Error("the offer was changed")
	}
	// A later offer keeps the rejected line.
	again := Offer(answer, agreed, here)
	if len(again.Media) != 2 || again.Media[1].Port != 0 || again.Media[1].Kind != "video" {
		t.Errorf("the next offer is\n%s", again.Bytes())
	}
}

func TestReadAnswerRefuses(t *testing.T) {
	key := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + farKey + "\n"
	for _, c := range []struct{ name, media, want string }{
		{"nothing left", "m=audio 0 RTP/SAVP 0\nm=video 0 RTP/SAVP 97\n", "every line was rejected"},
		{"too few lines", "m=audio 6000 RTP/SAVP 0\n" + key, "the offer had more"},
		{"other lines", "m=video 6000 RTP/SAVP 0\nm=audio 0 RTP/SAVP 97\n", "m=video answers m=audio"},
		{"no protection", "m=audio 6000 RTP/AVP 0\nm=video 0 RTP/SAVP 97\n", "no a=crypto"},
		{"another tag", "m=audio 6000 RTP/SAVP 0\n" + good + "m=video 0 RTP/SAVP 97\n", "tag 7, the offer had 1"},
		{"a codec that was not offered", "m=audio 0 RTP/SAVP 0\nm=video 6002 RTP/SAVP 122\na=x-ssrc-range:1-100\na=rtpmap:122 X-H264UC/90000\na=fmtp:122 packetization-mode=1;mst-mode=NI-TC\n" + key, "X-H264UC was not offered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadAnswer(Offered(false, Audio, Video), parse(t, offerOf(c.media)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestKeysStayHidden(t *testing.T) {
	k := NewKey()
	s := Stream{Key: k, Crypto: Crypto{Tag: 1, Key: k}}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", s, s, s, k), fmt.Sprintf("%x", k)} {
		if strings.Contains(shown, k.inline()) || strings.Contains(shown, fmt.Sprintf("%x", k[:4])) || strings.Contains(shown, fmt.Sprint(k[:3])[1:]) {
			t.Errorf("a key is shown in %s", shown)
		}
	}
	if NewKey() == k || len(k.Master()) != 16 || len(k.Salt()) != 14 {
		t.Error("keys are not as they should be")
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(lync("RTP/AVP")))
	f.Add([]byte(offerOf("m=audio 4000 RTP/SAVP 0\n" + good)))
	f.Fuzz(func(t *testing.T, body []byte) {
		offer, err := Parse(body)
		if err != nil {
			return
		}
		if again, err := Parse(offer.Bytes()); err != nil || !bytes.Equal(again.Bytes(), offer.Bytes()) {
			t.Fatalf("what we write is not what we read: %v", err)
		}
		streams, err := Choose(offer, Policy{Plain: true})
		if err != nil {
			return
		}
		answer, err := Parse(Answer(offer, fill(streams), here).Bytes())
		if err != nil {
			t.Fatalf("our answer cannot be read: %v", err)
		}
		if len(answer.Media) != len(offer.Media) {
			t.Errorf("%d media answer %d", len(answer.Media), len(offer.Media))
		}
	})
}
