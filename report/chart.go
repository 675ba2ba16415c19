package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fedge/result"
)

// chart is a diagram of a run second by second, ready to be drawn as SVG.
type chart struct {
	Title         string
	Note          string
	Width, Height int
	Left, Bottom  int // where the axes are
	Right, Top    int
	Across, Up    []tick
	Curves        []curve
	Bars          []bar
	Hover         []hover
}

// LabelX and LabelY are where the axes' labels stand.
func (c chart) LabelX() int { return c.Left - 8 }

// LabelY is below the time axis.
func (c chart) LabelY() int { return c.Bottom + 20 }

// tick is a labelled place on an axis.
type tick struct {
	At    float64
	Label string
}

// curve is one line; it breaks where there is no value.
type curve struct {
	Name, Class string
	Path        string // of an SVG path element
}

// bar is a second in which something failed.
type bar struct{ X, Y, Width, Height float64 }

// hover is what a second says when it is pointed at.
type hover struct {
	X, Width float64
	Text     string
}

// scale maps values to places.
type scale struct {
	low, high float64 // values
	from, to  float64 // places
	log       bool
}

func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		v, low, high = math.Log10(max(v, low)), math.Log10(low), math.Log10(high)
	}
	if high == low {
		return s.from
	}
	return s.from + (v-low)/(high-low)*(s.to-s.from)
}

// charts draws a run's latency and its throughput; nothing without a series.
func charts(series []result.Point) []chart {
	if len(series) < 2 {
		return nil
	}
	latency := chart{Title: "How long an answer took", Height: 260}
	through := chart{Title: "Calls a second", Note: "started and completed; bars are failures", Height: 180}
	x := frame(&latency, series)
	frame(&through, series)

	y := logScale(series, &latency)
	latency.Curves = []curve{
		{"slowest call", "max", line(series, x, y, func(p result.Point) *float64 { return p.Max })},
		{"99th percentile", "p99", line(series, x, y, func(p result.Point) *float64 { return p.P99 })},
		{"median", "p50", line(series, x, y, func(p result.Point) *float64 { return p.P50 })},
	}
	most := 0.0
	for _, p := range series {
		most = max(most, float64(p.Started), float64(p.Completed), float64(p.Failed))
	}
	n := linearScale(most, &through)
	through.Curves = []curve{
		{"started", "started", line(series, x, n, func(p result.Point) *float64 { return new(float64(p.Started)) })},
		{"completed", "completed", line(series, x, n, func(p result.Point) *float64 { return new(float64(p.Completed)) })},
	}
	for _, c := range []*chart{&latency, &through} {
		c.Curves = slices.DeleteFunc(c.Curves, func(c curve) bool { return c.Path == "" })
	}
	latency.Note = "each second's " + named(latency.Curves) + ", from when the call was due; logarithmic"
	step := (x.to - x.from) / float64(len(series))
	for _, p := range series {
		if p.Failed > 0 {
			top := min(n.at(float64(p.Failed)), n.from-4)
			through.Bars = append(through.Bars, bar{x.at(p.AtSeconds) - step/3, top, max(2*step/3, 2), n.from - top})
		}
		text := fmt.Sprintf("%s: %d started, %d completed, %d failed; median %s, p99 %s, slowest %s",
			seconds(p.AtSeconds), p.Started, p.Completed, p.Failed, orDash(p.P50, seconds), orDash(p.P99, seconds), orDash(p.Max, seconds))
		at := hover{x.at(p.AtSeconds) - step/2, step, text}
		latency.Hover, through.Hover = append(latency.Hover, at), append(through.Hover, at)
	}
	return []chart{latency, through}
}

// named lists curves by their names: a chart promises no line that it has not.
func named(curves []curve) string {
	var names []string
	for _, c := range slices.Backward(curves) {
		names = append(names, c.Name)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// frame sets a chart's borders and its time axis.
func frame(c *chart, series []result.Point) scale {
	c.Width = pageWidth
	c.Left, c.Right, c.Top, c.Bottom = 64, c.Width-12, 12, c.Height-28
	first, last := series[0].AtSeconds, series[len(series)-1].AtSeconds
	x := scale{low: first, high: last, from: float64(c.Left), to: float64(c.Right)}
	step := niceStep((last - first) / 8)
	for v := math.Ceil(first/step) * step; v <= last+step/1000; v += step {
		c.Across = append(c.Across, tick{x.at(v), number(math.Round(v*1e6)/1e6) + " s"})
	}
	return x
}

// logScale spans the decades of the latencies.
func logScale(series []result.Point, c *chart) scale {
	low, high := math.Inf(1), 0.0
	for _, p := range series {
		for _, v := range []*float64{p.P50, p.P99, p.Max} {
			if v != nil && *v > 0 {
				low, high = min(low, *v), max(high, *v)
			}
		}
	}
	if high == 0 {
		low, high = 1e-3, 1
	}
	y := scale{low: math.Pow(10, math.Floor(math.Log10(low))), high: math.Pow(10, math.Ceil(math.Log10(high))), from: float64(c.Bottom), to: float64(c.Top), log: true}
	if y.low == y.high {
		y.high *= 10
	}
	marks := []float64{1, 2, 5}
	if y.high/y.low > 101 { // that many labels would crowd
		marks = marks[:1]
	}
	for decade := y.low; decade <= y.high*1.001; decade *= 10 {
		for _, m := range marks {
			if v := decade * m; v <= y.high*1.001 {
				c.Up = append(c.Up, tick{y.at(v), seconds(v)})
			}
		}
	}
	return y
}

// linearScale goes from zero to a round number above most.
func linearScale(most float64, c *chart) scale {
	step := niceStep(max(most, 1) / 4)
	y := scale{high: step * math.Ceil(max(most, 1)/step), from: float64(c.Bottom), to: float64(c.Top)}
	for v := 0.0; v <= y.high+step/2; v += step {
		c.Up = append(c.Up, tick{y.at(v), number(v)})
	}
	return y
}

// niceStep is 1, 2 or 5 times a power of ten, at least v.
func niceStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*0.999 {
			return m * power
		}
	}
	return 10 * power
}

// line is the SVG path of one column of a series.
func line(series []result.Point, x, y scale, of func(result.Point) *float64) string {
	var b strings.Builder
	command := "M"
	for _, p := range series {
		v := of(p)
		if v == nil {
			command = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", command, x.at(p.AtSeconds), y.at(*v))
		command = "L"
	}
	return b.String()
}
