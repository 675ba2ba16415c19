package plan

import (
	"fmt"

	"golang.org/x/net/idna"
)

// asDNS is how DNS, certificates and SIP write a name with letters that a host
// name cannot have (RFC 5890 §2.3.2.1); "" if even then it is none.
func asDNS(name string) string {
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || !isHost(ascii) {
		return ""
	}
	return ascii
}

// hint is what to do about a text that is no host name.
func hint(text string) string {
	if name := asDNS(text); name != "" && name != text {
		return fmt.Sprintf("write it as DNS and certificates do, %s", name)
	}
	return "write letters, digits and hyphens between dots, as in px01.vc.example.com"
}
