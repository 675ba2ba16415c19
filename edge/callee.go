package edge

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"fedge/dns"
	"fedge/mutant"
	"fedge/sip/stack"
)

// callee reads whom to call: "anna@contoso.example", with or without "sip:".
// Where the domain lives is for DNS to say, so a port has no place here.
func callee(to string) (uri, domain string, err error) {
	if !strings.HasPrefix(to, "sip:") && !strings.HasPrefix(to, "sips:") {
		to = "sip:" + to
	}
	parsed, err := stack.ParseURI(to)
	switch {
	case !strings.Contains(to, "@"):
		return "", "", fmt.Errorf("edge: %q: call user@domain", to)
	case err != nil:
		return "", "", fmt.Errorf("edge: %q is no SIP URI: %w", to, err)
	case parsed.User == "" || parsed.Host == "":
		return "", "", fmt.Errorf("edge: %q: call user@domain", to)
	case isAddress(parsed.Host) && !mutant.On("dns.ip-literal"):
		return "", "", fmt.Errorf("edge: %q: no certificate proves who is at an address; call user@domain", to)
	case parsed.Port != 0 && !mutant.On("dns.port-srv"):
		return "", "", fmt.Errorf("edge: %q: leave the port out, DNS says where %s lives", to, parsed.Host)
	}
	if mutant.On("dns.case-key") {
		return to, parsed.Host, nil
	}
	return to, dns.Canonical(parsed.Host), nil
}

// alias refuses what is no caller's alias or URI but a whole From; "" is the
// room's own. An alias may hold quotes and angle brackets, which are escaped.
func alias(from string) error {
	inner := strings.TrimSpace(from)
	bare, enclosed := strings.CutPrefix(inner, "<")
	behind := strings.TrimSuffix(bare, ">")
	if enclosed && strings.ContainsAny(behind, `"<>`) || !enclosed && (behind != bare || strings.Contains(inner, "<sip")) {
		return fmt.Errorf("edge: from %q: write user@domain, and what is to be shown of the caller as name", from)
	}
	return nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// longestName bounds a display name, in bytes.
const longestName = 256

// nameAddr writes a From: a display name becomes a quoted string of UTF-8 (RFC
// 3261 §25.1), in which no control character can end the header line.
func nameAddr(name, uri string) string {
	name = strings.TrimSpace(printable(name))
	for len(name) > longestName {
		name = strings.ToValidUTF8(name[:longestName], "")
	}
	if name == "" {
		return "<" + uri + ">"
	}
	if mutant.On("id.dn-inject") {
		name = strings.ReplaceAll(name, `"`, "")
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + uri + ">"
}

// printable replaces what is not text by spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}
