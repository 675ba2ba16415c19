package sdp

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
)

// suite is the only one that Lync knows (RFC 4568 §6.2.1).
const suite = "AES_CM_128_HMAC_SHA1_80"

// Key is an SRTP master key and salt, as an inline parameter carries them. It
// shows itself as "[key]" wherever it is printed.
type Key [30]byte

// NewKey makes a random key.
func NewKey() (k Key) {
	rand.Read(k[:]) // never fails: crypto/rand aborts the program instead
	return k
}

// Master is the master key, 16 bytes.
func (k Key) Master() []byte { return k[:16] }

// Salt is the master salt, 14 bytes.
func (k Key) Salt() []byte { return k[16:] }

// String and GoString keep keys out of logs.
func (Key) String() string   { return "[key]" }
func (Key) GoString() string { return "[key]" }

func (k Key) inline() string { return base64.StdEncoding.EncodeToString(k[:]) }

func parseKey(text string) (k Key, ok bool) {
	var digits [len(k) / 3 * 4]byte // no padding, so nothing that lax decoding would pass
	if copy(digits[:], text) != len(text) || len(text) != len(digits) {
		return k, false
	}
	n, err := base64.StdEncoding.Decode(k[:], digits[:])
	return k, err == nil && n == len(k)
}

// Crypto is an a=crypto line that we can serve (RFC 4568 §9.1).
type Crypto struct {
	Tag      int
	Key      Key
	Lifetime string // as written, "2^31"; may be empty
}

// chooseCrypto picks the first line that names our suite and no MKI. Lines
// with an MKI would need it in every packet; a=cryptoscale is another
// protocol ([MS-SSRTP]) and does not even look like a=crypto.
func chooseCrypto(m *Media) (Crypto, bool) {
	for i := range m.Lines {
		text, ok := m.Lines[i].attribute("crypto")
		if !ok {
			continue
		}
		if c, ok := parseCrypto(text); ok {
			return c, true
		}
	}
	return Crypto{}, false
}

func parseCrypto(text string) (c Crypto, ok bool) {
	fields := strings.Fields(text)
	if len(fields) < 3 || fields[1] != suite {
		return c, false
	}
	tag, err := strconv.ParseUint(fields[0], 10, 31)
	if err != nil {
		return c, false
	}
	for _, parameter := range fields[3:] {
		// RFC 4568 §6.3.7: an unknown session parameter spoils the line, unless
		// it starts with a hyphen. A window size hint is for the receiver to take
		// or leave; the others change what is on the wire.
		if !strings.HasPrefix(parameter, "-") && !strings.HasPrefix(parameter, "WSH=") {
			return c, false
		}
	}
	inline, found := strings.CutPrefix(fields[2], "inline:")
	key, lifetime, has := strings.Cut(inline, "|")
	if !found || strings.Contains(inline, ";") || has && !isLifetime(lifetime) {
		return c, false // an MKI follows a second bar, or has a colon
	}
	c.Tag, c.Lifetime = int(tag), lifetime
	c.Key, ok = parseKey(key)
	return c, ok
}

func isLifetime(s string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(s, "2^"), 10, 64)
	return err == nil
}

// line is what we write: our own key under the agreed tag.
func (c Crypto) line() string {
	s := "crypto:" + strconv.Itoa(c.Tag) + " " + suite + " inline:" + c.Key.inline()
	if c.Lifetime != "" {
		s += "|" + c.Lifetime
	}
	return s
}
