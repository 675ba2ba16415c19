package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"fedge/conformance"
	"fedge/plan"
)

// inside reads a node's metrics.
func inside(ctx context.Context, n plan.Node) (conformance.Inside, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Admin.String()+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("lab: reading the metrics of %s: %w", n.Name, err)
	}
	defer answer.Body.Close()
	return sums(answer.Body)
}

// sums adds up what Prometheus' text format lists, by name.
func sums(text io.Reader) (conformance.Inside, error) {
	out := conformance.Inside{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || end < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("lab: a metric with no number: %q", line)
		}
		name, _, _ := strings.Cut(line[:end], "{")
		out[name] += value
	}
	return out, lines.Err()
}
