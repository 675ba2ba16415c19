package plan

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// address is a SIP URI, or what people write for one, taken apart: as much as
// routing by name needs. The message grammar is the business of others.
type address struct {
	user string // as written, without password
	host string // lower case, without port, brackets or trailing dot
}

// parseAddress takes apart sip:USER@HOST, <sip:USER@HOST;x=y>, tel:NUMBER,
// USER@HOST or a word. It never fails: what does not fit ends up in the user.
func parseAddress(text string) address {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "<"); ok {
		text, _, _ = strings.Cut(inner, ">")
	}
	rest, scheme := cutScheme(text)
	if scheme == "tel" {
		number, _, _ := strings.Cut(rest, ";")
		return address{user: number}
	}
	// Parameters and headers come after the host; a user may hold ; and ?
	// itself (RFC 3261 §25.1), and in what people write even an @.
	at := strings.IndexByte(rest, '@')
	if end := strings.IndexAny(rest[at+1:], ";?"); end >= 0 {
		rest = rest[:at+1+end]
	}
	at = strings.LastIndexByte(rest, '@')
	switch {
	case at >= 0:
		user, _, _ := strings.Cut(rest[:at], ":")
		return address{user: user, host: hostOf(rest[at+1:])}
	case scheme == "":
		return address{user: rest}
	}
	return address{host: hostOf(rest)}
}

func cutScheme(text string) (rest, scheme string) {
	for _, scheme := range []string{"sip", "sips", "tel"} {
		if n := len(scheme); len(text) > n && text[n] == ':' && strings.EqualFold(text[:n], scheme) {
			return text[n+1:], scheme
		}
	}
	return text, ""
}

// hostOf takes the port and the brackets off a host.
func hostOf(text string) string {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text, _, _ = strings.Cut(inner, "]")
	} else {
		text, _, _ = strings.Cut(text, ":")
	}
	return strings.ToLower(strings.TrimSuffix(text, "."))
}

// home is the host that a host of the deployment stands for: a pool, a node or
// a node's address counts as its domain; every other host as itself.
func (p *Plan) home(host string) string {
	for _, d := range p.Domains {
		if host == d.Pool {
			return d.Name
		}
	}
	addr, _ := netip.ParseAddr(host)
	for _, n := range p.Nodes {
		if host == n.Name || addr.IsValid() && (addr == n.Address || addr == n.Public) {
			if d, ok := p.Domain(n.Name); ok {
				return d.Name
			}
		}
	}
	return host
}

// plain is the address without what makes no difference to us: escapes
// (RFC 3261 §19.1.4), case, and which of our hosts it is at. The user's case
// does make one in the standard; but Lync users type names as they like.
func (a address) plain(p *Plan) address {
	return address{user: unescape(a.user), host: p.home(a.host)}
}

// is tells whether an alias of the plan means this plain address.
func (a address) is(alias string) bool {
	at := strings.LastIndexByte(alias, '@')
	return at >= 0 && strings.EqualFold(alias[at+1:], a.host) && strings.EqualFold(unescape(alias[:at]), a.user)
}

// unescape leaves a text with a broken escape as it is.
func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// alias reads USER@DOMAIN.
func (v value) alias() string {
	text := v.label()
	if text == "" {
		return ""
	}
	instead := "write USER@DOMAIN, as in meet.alice@vc.example.com"
	rest, scheme := cutScheme(text)
	if scheme != "" {
		v.wrong(fmt.Sprintf("the alias %q has a scheme", text), "write "+rest)
		return ""
	}
	a := parseAddress(text)
	_, err := netip.ParseAddr(a.host)
	switch {
	case a.user == "" || !strings.EqualFold(a.user+"@"+a.host, text):
		v.wrong(fmt.Sprintf("the alias %q is not USER@DOMAIN", text), instead)
		return ""
	case err != nil && !isHost(a.host):
		v.wrong(fmt.Sprintf("the alias %q has the domain %q, which is no fully qualified name", text, a.host), instead)
		return ""
	}
	return a.user + "@" + a.host
}

// pin reads digits.
func (v value) pin() string {
	if !v.here() {
		return ""
	}
	text := v.text()
	if text != "" && (len(text) < 4 || len(text) > 20 || strings.Trim(text, "0123456789") != "") {
		v.wrong("the pin is not a row of digits", `write 4 to 20 digits in quotes, as in pin: "1234"`) // and do not repeat it in a log
		return ""
	}
	return text
}
