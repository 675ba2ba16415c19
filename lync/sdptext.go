package lync

import "strings"

// The text of the descriptions, line order and spelling as in client traces:
// what a 2016 client offers, and what an older one leaves out. Backslashes in
// extmap are what clients write.

const sdpSession = `v=0
o=- 0 {version} IN IP4 {address}
s=session
c=IN IP4 {address}
b=CT:99980
t=0 0
`

// sdpCrypto: the lines with MKI are a slot of their own, see Offer.PlainKeys.
const sdpCrypto = `{KIND-mki}a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:{KIND-key}|2^31
`

// mkiLines are the crypto lines whose packets would carry an MKI. The first is
// only for a server that scales ([MS-SSRTP]).
func mkiLines(k Key) string {
	key := k.base64()
	return "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31|1:1\r\n" +
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31|1:1\r\n"
}

const sdpExtmap = `a=extmap:1 http:\\www.webrtc.org\experiments\rtp-hdrext\abs-send-time
`

// sdpCaps describes RTVideo ([MS-SDPEXT] 3.1.5.24); H.264 is asked for by VSR.
const sdpCaps = `a=x-caps:121 263:1920:1080:30.0:2000000:1;4359:1280:720:30.0:1500000:1;8455:640:480:30.0:600000:1;` +
	`12551:640:360:30.0:600000:1;16647:352:288:15.0:250000:1;20743:424:240:15.0:250000:1;24839:176:144:15.0:180000:1
`

// sdpPayloads are the rtpmap and fmtp lines of audio payload types.
var sdpPayloads = map[string]string{
	"117": "a=rtpmap:117 G722/8000/2\n",
	"104": "a=rtpmap:104 SILK/16000\na=fmtp:104 useinbandfec=1; usedtx=0\n",
	"114": "a=rtpmap:114 x-msrta/16000\na=fmtp:114 bitrate=29000\n",
	"9":   "a=rtpmap:9 G722/8000\n",
	"112": "a=rtpmap:112 G7221/16000\na=fmtp:112 bitrate=24000\n",
	"111": "a=rtpmap:111 SIREN/16000\na=fmtp:111 bitrate=16000\n",
	"0":   "a=rtpmap:0 PCMU/8000\n",
	"8":   "a=rtpmap:8 PCMA/8000\n",
	"103": "a=rtpmap:103 SILK/8000\na=fmtp:103 useinbandfec=1; usedtx=0\n",
	"116": "a=rtpmap:116 AAL2-G726-32/8000\n",
	"115": "a=rtpmap:115 x-msrta/8000\na=fmtp:115 bitrate=11800\n",
	"97":  "a=rtpmap:97 RED/8000\n",
	"13":  "a=rtpmap:13 CN/8000\n",
	"118": "a=rtpmap:118 CN/16000\n",
	"119": "a=rtpmap:119 CN/24000\n",
	"101": "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n",
}

// sdpText is the template of a client generation's description.
func sdpText(g clientGeneration, video bool) string {
	var b strings.Builder
	b.WriteString(sdpSession)
	if video {
		b.WriteString("a=x-mediabw:main-video send=" + g.bandwidth + ";recv=" + g.bandwidth + "\n")
		b.WriteString("a=x-devicecaps:audio:send,recv;video:send,recv\n")
	} else {
		b.WriteString("a=x-devicecaps:audio:send,recv;video:recv\n")
	}
	writeAudio(&b, g)
	if video {
		writeVideo(&b, g)
	}
	return b.String()
}

func writeAudio(b *strings.Builder, g clientGeneration) {
	b.WriteString("m=audio {audio} {proto} " + g.audio + "\n" + `a=x-ssrc-range:{ssrc}-{ssrc}
a=rtcp-fb:* x-message app send:dsh recv:dsh
a=rtcp-rsize
a=label:main-audio
a=x-source:main-audio
a=ice-ufrag:{ufrag-audio}
a=ice-pwd:{pwd-audio}
`)
	b.WriteString(candidates(g, "audio"))
	b.WriteString(strings.ReplaceAll(sdpCrypto, "KIND", "audio"))
	b.WriteString("a=maxptime:200\n")
	if g.modern {
		b.WriteString("a=rtcp:{audio-rtcp}\n")
	}
	for pt := range strings.FieldsSeq(g.audio) {
		b.WriteString(sdpPayloads[pt])
	}
	if g.modern {
		b.WriteString("a=rtcp-mux\n")
	}
	b.WriteString("a=ptime:20\n")
	if g.modern {
		b.WriteString(sdpExtmap)
	}
	b.WriteString("{hold}")
}

func writeVideo(b *strings.Builder, g clientGeneration) {
	b.WriteString(`m=video {video} {proto} 122 121 123
a=x-ssrc-range:{video-first}-{video-last}
a=rtcp-fb:* x-message app send:src,x-pli recv:src,x-pli
a=rtcp-rsize
a=label:main-video
a=x-source:main-video
a=ice-ufrag:{ufrag-video}
a=ice-pwd:{pwd-video}
`)
	b.WriteString(sdpCaps)
	b.WriteString(candidates(g, "video"))
	b.WriteString(strings.ReplaceAll(sdpCrypto, "KIND", "video"))
	if g.modern {
		b.WriteString("a=rtcp:{video-rtcp}\n")
	}
	b.WriteString(`a=rtpmap:122 X-H264UC/90000
a=fmtp:122 packetization-mode=1;mst-mode=NI-TC
a=rtpmap:121 x-rtvc1/90000
a=rtpmap:123 x-ulpfecuc/90000
`)
	if g.modern {
		b.WriteString("a=rtcp-mux\n" + sdpExtmap)
	}
	b.WriteString("{hold}")
}

// candidates are one UDP host candidate for each component. They are for show
// until the client has ICE: media goes to the address of m= and c=. Clients
// before 2016 leave a blank at the end of the line.
func candidates(g clientGeneration, kind string) string {
	end := " \n"
	if g.modern {
		end = "\n"
	}
	return "a=candidate:1 1 UDP 2130706431 {address} {" + kind + "} typ host" + end +
		"a=candidate:1 2 UDP 2130705918 {address} {" + kind + "-rtcp} typ host" + end
}

// legacyText is the description for Office Communications Server 2007 that
// stands first in a multipart body, in the spelling of ICE draft 06. Nothing
// listens where it points: who takes it has taken the wrong part.
const legacyText = `v=0
o=- 0 0 IN IP4 {address}
s=session
c=IN IP4 {address}
b=CT:99980
t=0 0
m=audio 9 {proto} 114 9 112 111 0 8 116 115 97 13 118 101
a=candidate:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI 1 MTIzNDU2Nzg5MDEyMzQ1Ng UDP 0.830 {address} 9
a=candidate:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI 2 MTIzNDU2Nzg5MDEyMzQ1Ng UDP 0.830 {address} 9
{audio-mki}a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:{audio-key}|2^31
a=maxptime:200
a=rtpmap:114 x-msrta/16000
a=fmtp:114 bitrate=29000
a=rtpmap:9 G722/8000
a=rtpmap:112 G7221/16000
a=fmtp:112 bitrate=24000
a=rtpmap:111 SIREN/16000
a=fmtp:111 bitrate=16000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:116 AAL2-G726-32/8000
a=rtpmap:115 x-msrta/8000
a=fmtp:115 bitrate=11800
a=rtpmap:97 RED/8000
a=rtpmap:13 CN/8000
a=rtpmap:118 CN/16000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
`

// boundary of the multipart body.
const boundary = "----=_NextPart_000_001E_01CB4397.0B5EB570"

// multipartText puts the legacy description before the real one: the ICE draft
// 19 part must be the last ([MS-SIPRE] 3.15.4.1).
func multipartText(description string) string {
	part := func(id, disposition, body string) string {
		return "--" + boundary + `
Content-Type: application/sdp
Content-Transfer-Encoding: 7bit
Content-ID: <` + id + `@{domain}>
Content-Disposition: session; handling=optional` + disposition + "\n\n" + body + "\n"
	}
	return part("3f2504e04f8911d39a0c0305e82c3301", "; ms-proxy-2007fallback", legacyText) +
		part("6ba7b8109dad11d180b400c04fd430c8", "", description) +
		"--" + boundary + "--\n"
}
