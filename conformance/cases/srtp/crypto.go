package srtp

import "strings"

// cut takes a crypto attribute's value apart: tag, suite, key parameters. The
// key itself is never put into a verdict.
func cut(line string) (tag, suite, key string) {
	fields := append(strings.SplitN(line, " ", 3), "", "", "")
	return fields[0], fields[1], fields[2]
}
