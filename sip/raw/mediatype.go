package raw

import "strings"

// MediaType reads a Content-Type, or a member of Accept: its type in lower case,
// without the white space that may stand around the slash (RFC 3261 §25.1), and
// its parameters.
func MediaType(value string) (name string, params Params) {
	kind, rest, _ := strings.Cut(value, ";")
	name, sub, found := strings.Cut(kind, "/")
	if name = trim(name); found {
		name += "/" + trim(sub)
	}
	return strings.ToLower(name), parseParams(rest)
}
