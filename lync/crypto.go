package lync

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// suite is the only one that Lync knows.
const suite = "AES_CM_128_HMAC_SHA1_80"

// crypto is one a=crypto line (RFC 4568 §9.1, §6.1).
type crypto struct {
	tag  int
	key  Key
	mki  []byte // appended to every packet under this key; nil: none
	line string // without the key, for evidence
}

// cryptoGrammar is strict where Lync is: one blank between fields, one key of
// 40 characters without padding, lifetime and MKI optional.
var cryptoGrammar = regexp.MustCompile(`^(\d{1,9}) (\S+) inline:([A-Za-z0-9+/]{40})(?:\|(2\^\d+|\d+))?(?:\|(\d+):(\d+))?$`)

// inlineKey finds keys, to leave them out of evidence.
var inlineKey = regexp.MustCompile(`inline:[^|\s]*`)

func maskKey(line string) string { return inlineKey.ReplaceAllString(line, "inline:(key)") }

// parseCrypto reads the value of an a=crypto line.
func parseCrypto(value string) (crypto, error) {
	c := crypto{line: maskKey(value)}
	f := cryptoGrammar.FindStringSubmatch(value)
	if f == nil {
		return c, fmt.Errorf("lync: crypto line %q does not have the form TAG SUITE inline:40-characters", c.line)
	}
	if f[2] != suite {
		return c, fmt.Errorf("lync: crypto suite %s: Lync knows %s only", f[2], suite)
	}
	c.tag, _ = strconv.Atoi(f[1])
	key, err := base64.StdEncoding.DecodeString(f[3])
	if err != nil || len(key) != len(c.key) {
		return c, errors.New("lync: crypto key is not 30 bytes")
	}
	copy(c.key[:], key)
	if f[5] != "" {
		value, err1 := strconv.ParseUint(f[5], 10, 64)
		length, err2 := strconv.Atoi(f[6])
		if err1 != nil || err2 != nil || length < 1 || length > 8 {
			return c, fmt.Errorf("lync: crypto MKI %s:%s cannot be used", f[5], f[6])
		}
		c.mki = make([]byte, length)
		for i := range c.mki {
			c.mki[length-1-i] = byte(value >> (8 * i))
		}
	}
	return c, nil
}

// Tags of the crypto lines that our clients offer.
const (
	tagScale = 1 // cryptoscale: only for a server that scales; nobody may choose it
	tagMKI   = 2
	tagPlain = 3
)

// offeredCrypto is our line of a tag, false for one that must not be chosen.
func offeredCrypto(tag int, key Key) (crypto, bool) {
	switch tag {
	case tagMKI:
		return crypto{tag: tag, key: key, mki: []byte{1}}, true
	case tagPlain:
		return crypto{tag: tag, key: key}, true
	}
	return crypto{}, false
}
