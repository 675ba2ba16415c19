package loadtest

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// longestLine is the longest line of metrics that is read.
const longestLine = 64 << 10

// Counters adds up the series with the given names in Prometheus's text
// format, whatever their labels. A name that does not occur is an error: a
// limiter that cannot be seen is not one that did not fire.
func Counters(metrics io.Reader, names ...string) (float64, error) {
	found := map[string]bool{}
	var sum float64
	lines := bufio.NewScanner(metrics)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		line := lines.Text()
		end := strings.IndexAny(line, "{ ")
		if end < 0 || !slices.Contains(names, line[:end]) {
			continue
		}
		rest := line[end:]
		if line[end] == '{' {
			// A label's value may hold a brace; a sample's value may not.
			rest = line[strings.LastIndexByte(line, '}')+1:]
		}
		fields := strings.Fields(rest) // value, and a timestamp maybe
		if len(fields) == 0 {
			return 0, fmt.Errorf("loadtest: metrics line %.80q has no value", line)
		}
		value, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return 0, fmt.Errorf("loadtest: metrics line %.80q: %w", line, err)
		}
		found[line[:end]] = true
		sum += value
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("loadtest: reading metrics: %w", err)
	}
	for _, name := range names {
		if !found[name] {
			return 0, fmt.Errorf("loadtest: the target's metrics hold no %s", name)
		}
	}
	return sum, nil
}
