package plan

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// flag reads a switch; without one it is what is usual.
func (v value) flag(usual bool) bool {
	if !v.here() {
		return usual
	}
	switch text := v.text(); text {
	case "true", "on":
		return true
	case "false", "off":
		return false
	default:
		v.wrong(fmt.Sprintf("%s is %q", v.subject(), text), "write on or off")
		return usual
	}
}

// word reads one of a few words.
func word[T ~string](v value, usual T, known ...T) T {
	if !v.here() {
		return usual
	}
	text := v.text()
	var words []string
	for _, k := range known {
		if text == string(k) {
			return k
		}
		words = append(words, string(k))
	}
	if text != "" {
		v.wrong(fmt.Sprintf("%s is %q", v.subject(), text), suggest(text, words))
	}
	return usual
}

// number reads a count from low to high.
func (v value) number(low, high int) int {
	if !v.here() {
		return 0
	}
	text := v.text()
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		v.wrong(fmt.Sprintf("%s is %q", v.subject(), text), fmt.Sprintf("write a number from %d to %d", low, high))
		return 0
	}
	return n
}

// host reads a fully qualified host name, in lower case.
func (v value) host() string {
	if !v.here() {
		return ""
	}
	text := v.text()
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	switch {
	case text == "":
		return ""
	case strings.HasPrefix(name, "*."):
		v.wrong(fmt.Sprintf("%s is the wildcard %q", v.subject(), text), "write each name in full: SIP peers refuse wildcards")
		return ""
	case !isHost(name):
		v.wrong(fmt.Sprintf("%s is %q, which is no fully qualified name", v.subject(), text), hint(name))
		return ""
	}
	return name
}

// label reads the name of a thing in the plan: visible characters, and no blank
// at its ends, so that what is meant to be the same is.
func (v value) label() string {
	text := v.text()
	if strings.TrimSpace(text) != text || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		v.wrong(fmt.Sprintf("%s is %q", v.subject(), text), "write it in UTF-8, without control characters and without blanks at its ends")
		return ""
	}
	return text
}

// address reads an IPv4 address.
func (v value) address() netip.Addr {
	if !v.here() {
		return netip.Addr{}
	}
	text := v.text()
	addr, err := netip.ParseAddr(text)
	switch {
	case text == "":
	case err != nil:
		v.wrong(fmt.Sprintf("%s is %q, which is no address", v.subject(), text), "write an IPv4 address, as in 198.51.100.40")
	case !addr.Is4():
		v.wrong(fmt.Sprintf("%s is the IPv6 address %s", v.subject(), text), "write an IPv4 address: fedge speaks to Lync and Skype for Business over IPv4 only")
	case addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		v.wrong(fmt.Sprintf("%s is %s, which is no host's address", v.subject(), text), "write the address of one host")
	default:
		return addr
	}
	return netip.Addr{}
}

// endpoint reads ADDRESS:PORT.
func (v value) endpoint(example string) netip.AddrPort {
	if !v.here() {
		return netip.AddrPort{}
	}
	text := v.text()
	at, err := netip.ParseAddrPort(text)
	switch {
	case text == "":
	case err != nil || at.Port() == 0:
		v.wrong(fmt.Sprintf("%s is %q, which is not ADDRESS:PORT", v.subject(), text), "write an address and a port from 1 to 65535, as in "+example)
	case at.Addr().IsUnspecified() || at.Addr().IsMulticast():
		v.wrong(fmt.Sprintf("%s is %s, which is no host's address", v.subject(), text), "write the address of one host, as in "+example)
	default:
		return at
	}
	return netip.AddrPort{}
}

// prefix reads an address range.
func (v value) prefix() netip.Prefix {
	text := v.text()
	prefix, err := netip.ParsePrefix(text)
	switch {
	case text == "":
	case err != nil:
		v.wrong(fmt.Sprintf("%s is %q, which is no range of addresses", v.subject(), text), "write ADDRESS/BITS, as in 127.0.0.0/8")
	case prefix != prefix.Masked():
		v.wrong(fmt.Sprintf("%s is %s, which has bits set beyond its length", v.subject(), text), "write "+prefix.Masked().String())
	default:
		return prefix
	}
	return netip.Prefix{}
}

// ports reads FIRST-LAST.
func (v value) ports(usual PortRange) PortRange {
	if !v.here() {
		return usual
	}
	text := v.text()
	low, high, _ := strings.Cut(text, "-")
	first, err1 := strconv.ParseUint(low, 10, 16)
	last, err2 := strconv.ParseUint(high, 10, 16)
	switch {
	case text == "":
	case err1 != nil || err2 != nil || first < 1024:
		v.wrong(fmt.Sprintf("%s is %q", v.subject(), text), fmt.Sprintf("write FIRST-LAST, from 1024 to 65535, as in %s", usual))
	case first >= last:
		v.wrong(fmt.Sprintf("%s is %q, which holds no two ports", v.subject(), text), fmt.Sprintf("write the lower port first, as in %s", usual))
	default:
		return PortRange{uint16(first), uint16(last)}
	}
	return usual
}
