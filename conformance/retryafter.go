package conformance

import (
	"strconv"
	"strings"

	"fedge/sip/raw"
)

// RetryAfter is how many seconds a response wants to be left alone; it may say
// why, and for how long it will be there then (RFC 3261 §20.33: a comment, which
// may hold others, and parameters).
func RetryAfter(m *raw.Message) (seconds int, err error) {
	value := m.Get("Retry-After")
	number := strings.TrimSpace(value)
	if end := strings.IndexAny(number, " \t\r\n(;"); end >= 0 {
		number = number[:end]
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, Fault(Content, "Retry-After in seconds in the "+m.StartLine, value)
	}
	return int(n), nil
}
