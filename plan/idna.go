package plan

import (
	"fmt"
	"strings"
	"unicode"
)

// Punycode's parameters (RFC 3492 §5).
const (
	punyBase, punyMin, punyMax    = 36, 1, 26
	punySkew, punyDamp, firstBias = 38, 700, 72
	firstCode                     = 0x80
)

// asDNS is how DNS, certificates and SIP write a name with letters that a host
// name cannot have (RFC 5890 §2.3.2.1); "" if even then it is none,
// or if letters and their accents are apart, which would give another name.
func asDNS(name string) string {
	if len(name) > 253 || strings.ContainsFunc(name, unicode.IsMark) {
		return ""
	}
	labels := strings.Split(strings.ToLower(name), ".")
	for i, label := range labels {
		if strings.ContainsFunc(label, func(r rune) bool { return r >= firstCode }) {
			labels[i] = "xn--" + punycode([]rune(label))
		}
	}
	if name = strings.Join(labels, "."); !isHost(name) {
		return ""
	}
	return name
}

// hint is what to do about a text that is no host name.
func hint(text string) string {
	if name := asDNS(text); name != "" && name != text {
		return fmt.Sprintf("write it as DNS and certificates do, %s", name)
	}
	return "write letters, digits and hyphens between dots, as in px01.vc.example.com"
}

// punycode writes a label in ASCII (RFC 3492 §6.3).
func punycode(label []rune) string {
	var out strings.Builder
	for _, r := range label {
		if r < firstCode {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	if basic > 0 {
		out.WriteByte('-')
	}
	code, delta, bias := rune(firstCode), 0, firstBias
	for handled := basic; handled < len(label); {
		next := rune(0x7fffffff)
		for _, r := range label {
			if r >= code && r < next {
				next = r
			}
		}
		delta += int(next-code) * (handled + 1)
		code = next
		for _, r := range label {
			if r < code {
				delta++
			}
			if r != code {
				continue
			}
			punyNumber(&out, delta, bias)
			bias = adapt(delta, handled+1, handled == basic)
			delta, handled = 0, handled+1
		}
		delta, code = delta+1, code+1
	}
	return out.String()
}

// punyNumber writes a number of variable length (RFC 3492 §3.3).
func punyNumber(out *strings.Builder, n, bias int) {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for k := punyBase; ; k += punyBase {
		threshold := min(max(k-bias, punyMin), punyMax)
		if n < threshold {
			out.WriteByte(digits[n])
			return
		}
		out.WriteByte(digits[threshold+(n-threshold)%(punyBase-threshold)])
		n = (n - threshold) / (punyBase - threshold)
	}
}

// adapt is RFC 3492 §6.1.
func adapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}
