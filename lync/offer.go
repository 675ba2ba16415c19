package lync

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"strconv"
)

// Key is an SDES master key and salt for AES_CM_128_HMAC_SHA1_80: 16 and 14
// bytes (RFC 4568 §6.2). It never shows itself in logs.
type Key [30]byte

// NewKey draws a key.
func NewKey() Key {
	var k Key
	rand.Read(k[:]) // never fails since Go 1.24
	return k
}

func (k Key) String() string { return "(key)" }

// GoString keeps %#v from showing the key.
func (k Key) GoString() string { return "lync.Key{…}" }

// base64 is the key as an inline parameter: 40 characters, no padding.
func (k Key) base64() string { return base64.StdEncoding.EncodeToString(k[:]) }

// Port is one m-line of an offer.
type Port struct {
	RTP  uint16 // RTCP takes the next one; 0 leaves the m-line out
	RTCP uint16 // 0 means RTP+1
	Key  Key
}

func (p Port) rtcp() uint16 {
	if p.RTCP == 0 {
		return p.RTP + 1
	}
	return p.RTCP
}

// Offer is what a client's description says of one call.
type Offer struct {
	Address  netip.Addr // where media is to go: c= and the host candidates
	Audio    Port
	Video    Port
	SSRC     uint32 // of audio; video owns the next 100
	Version  int    // of o=; grows with every further description
	Hold     bool   // a=inactive
	Optional bool   // RTP/AVP with keys, instead of RTP/SAVP

	// PlainKeys leaves out the crypto lines with MKI. No client does so; it is
	// for peers that choose such a line and then know nothing of MKI.
	PlainKeys bool
}

// Description is an Offer made ready for a profile's templates. One may serve
// any number of calls: only their identities differ.
type Description struct {
	offer  Offer
	values [len(offerSlots)]string
}

// offerSlots are the slots of a description template, in the order of
// Description.values; the identity's come after them.
var offerSlots = [...]string{
	"address", "version", "proto", "hold", "ssrc", "video-first", "video-last",
	"audio", "audio-rtcp", "audio-key", "audio-mki", "video", "video-rtcp", "video-key", "video-mki",
}

// identitySlots of a description are filled from the call's ID.
var identitySlots = [...]string{"ufrag-audio", "pwd-audio", "ufrag-video", "pwd-video"}

// Describe makes an offer ready.
func Describe(o Offer) *Description {
	proto, hold := "RTP/SAVP", ""
	if o.Optional {
		proto = "RTP/AVP"
	}
	if o.Hold {
		hold = "a=inactive\r\n"
	}
	mki := func(k Key) string {
		if o.PlainKeys {
			return ""
		}
		return mkiLines(k)
	}
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	port := func(n uint16) string { return number(uint32(n)) }
	return &Description{offer: o, values: [...]string{
		o.Address.String(), strconv.Itoa(o.Version), proto, hold,
		number(o.SSRC), number(o.SSRC + 1), number(o.SSRC + videoSSRCs),
		port(o.Audio.RTP), port(o.Audio.rtcp()), o.Audio.Key.base64(), mki(o.Audio.Key),
		port(o.Video.RTP), port(o.Video.rtcp()), o.Video.Key.base64(), mki(o.Video.Key),
	}}
}

// Offer is what it was made from.
func (d *Description) Offer() Offer { return d.offer }

// videoSSRCs is how many SSRCs a video m-line owns. [MS-SDPEXT] 3.1.5.3 wants
// at least 30; clients take 100.
const videoSSRCs = 100
