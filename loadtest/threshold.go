package loadtest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fedge/result"
	"fedge/spelling"
)

// Threshold is a condition under which a trial fails: "METRIC>VALUE".
type Threshold struct {
	Metric string
	Over   bool // fails above the value; else below it
	Equal  bool // fails at the value too
	Value  float64
}

// comparison splits a threshold; the value is looked at afterwards.
var comparison = regexp.MustCompile(`^\s*([A-Za-z0-9_.]+)\s*(>=|<=|>|<)\s*(\S+)\s*$`)

// ParseThreshold reads what --fail-if takes. A metric that does not exist is
// an error that names the nearest one, and all: a threshold on a typo would never fail.
func ParseThreshold(text string) (Threshold, error) {
	parts := comparison.FindStringSubmatch(text)
	if parts == nil {
		return Threshold{}, fmt.Errorf("loadtest: %q is no threshold: write METRIC>VALUE, such as failed_ratio>0.001", text)
	}
	t := Threshold{Metric: parts[1], Over: parts[2][0] == '>', Equal: len(parts[2]) == 2}
	if _, known := thresholdMetrics[t.Metric]; !known {
		meant := ""
		if near := spelling.Nearest(t.Metric, MetricNames()); near != "" {
			meant = fmt.Sprintf(" did you mean %s?", near)
		}
		return Threshold{}, fmt.Errorf("loadtest: there is no metric %q in %q;%s all of them: %s", t.Metric, text, meant, strings.Join(MetricNames(), ", "))
	}
	value, err := parseValue(parts[3])
	if err != nil {
		return Threshold{}, fmt.Errorf("loadtest: %q in %q is no value: want a number, or a time such as 200ms", parts[3], text)
	}
	t.Value = value
	return t, nil
}

func parseValue(text string) (float64, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return d.Seconds(), nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err == nil && (value != value || value > 1e300 || value < -1e300) {
		return 0, strconv.ErrRange
	}
	return value, err
}

// String is the threshold as it was written.
func (t Threshold) String() string {
	op := "<"
	if t.Over {
		op = ">"
	}
	if t.Equal {
		op += "="
	}
	return t.Metric + op + strconv.FormatFloat(t.Value, 'g', -1, 64)
}

// crossed tells whether a value fails.
func (t Threshold) crossed(value float64) bool {
	switch {
	case value == t.Value:
		return t.Equal
	case t.Over:
		return value > t.Value
	}
	return value < t.Value
}

// DefaultThresholds fail a trial of which more than one call in a thousand
// did (the design objective of IMS benchmarks, ETSI TS 186 008).
func DefaultThresholds() []Threshold {
	return []Threshold{{Metric: "failed_ratio", Over: true, Value: 0.001}}
}

// withDefaults adds the default thresholds, except those on a metric that has
// been given another: who asks for a delay does not mean to accept failures.
func withDefaults(given []Threshold) []Threshold {
	var all []Threshold
	for _, d := range DefaultThresholds() {
		if !slices.ContainsFunc(given, func(t Threshold) bool { return t.Metric == d.Metric }) {
			all = append(all, d)
		}
	}
	return append(all, given...)
}

// Hold a load against thresholds: each is noted in the load's objectives. The
// verdict is fail if one is crossed, inconclusive if one cannot be judged
// because there were too few calls, else pass. An invalid load is held to
// nothing: what it measured is not what the target does.
func Hold(load *result.Load, thresholds []Threshold) result.Verdict {
	verdict := result.Pass
	for _, t := range thresholds {
		o := result.Objective{FailIf: t.String()}
		if load.Invalid() {
			o.Why = "the run is invalid"
		} else if o.Value = thresholdMetrics[t.Metric](load); o.Value == nil {
			o.Why = "too few calls to tell"
		}
		switch {
		case o.Value == nil:
			o.Outcome = result.Inconclusive
			if verdict == result.Pass {
				verdict = result.Inconclusive
			}
		case t.crossed(*o.Value):
			o.Outcome, verdict = result.Fail, result.Fail
		default:
			o.Outcome = result.Pass
		}
		load.Objectives = append(load.Objectives, o)
	}
	return verdict
}

// MetricNames are the metrics that a threshold may be about, in order.
func MetricNames() []string {
	names := make([]string, 0, len(thresholdMetrics))
	for name := range thresholdMetrics {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
