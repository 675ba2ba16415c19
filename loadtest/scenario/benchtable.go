package scenario

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fedge/loadtest"
	"fedge/result"
)

// Unit names the figure as Go's benchmarks want it: "edge-µs/call".
func (c Cost) Unit() string { return strings.ReplaceAll(c.Name, " ", "-") + "-µs/call" }

// perCall is µs a call.
func (c cost) perCall(of func(cost) float64) float64 { return of(c) / float64(c.calls) * 1e6 }

// conclude turns the rounds into figures, and says which targets they meet.
func (r *BenchResult) conclude(costs map[string][]cost) {
	answerer := func(c cost) float64 { return (c.answerer - c.idle).Seconds() }
	caller := func(c cost) float64 { return c.caller.Seconds() }
	for _, program := range []struct {
		name, of string
		side     func(cost) float64
	}{
		{nameEdge, "ours", answerer},
		{nameSimulator, "ours", caller},
		{nameUAS, "sipp", answerer},
		{nameUAC, "sipp", caller},
	} {
		var rounds []float64
		var idle float64
		for _, c := range costs[program.of] {
			rounds = append(rounds, c.perCall(program.side))
			idle += c.idle.Seconds() / r.RoundSeconds * 100
		}
		if len(rounds) == 0 {
			continue
		}
		figure := Cost{Name: program.name, Microseconds: loadtest.Median(rounds)}
		if program.name == nameEdge || program.name == nameUAS {
			figure.IdlePercent = idle / float64(len(rounds))
		}
		r.CPU = append(r.CPU, figure)
	}
	r.ratio(nameEdge, nameUAS)
	r.ratio(nameSimulator, nameUAC)
	r.targets()
}

// figure finds a program's; nil if it was not measured.
func (r *BenchResult) figure(name string) *Cost {
	for i := range r.CPU {
		if r.CPU[i].Name == name {
			return &r.CPU[i]
		}
	}
	return nil
}

// ratio compares two programs round by round.
func (r *BenchResult) ratio(a, b string) {
	over, under := r.figure(a), r.figure(b)
	if over == nil || under == nil {
		return
	}
	n := min(len(over.Microseconds.Rounds), len(under.Microseconds.Rounds))
	rounds := make([]float64, n)
	for i := range rounds {
		rounds[i] = over.Microseconds.Rounds[i] / under.Microseconds.Rounds[i]
	}
	r.Ratios = append(r.Ratios, Ratio{Name: a + " / " + b, Value: loadtest.Median(rounds)})
}

// targets judges the medians.
func (r *BenchResult) targets() {
	judge := func(name string, value *float64, limit float64) {
		t := BenchTarget{Name: name, AtMost: limit, Outcome: result.Inconclusive}
		if value != nil {
			t.Value, t.Outcome = *value, result.Pass
			if t.Value > limit {
				t.Outcome = result.Fail
			}
		}
		r.Targets = append(r.Targets, t)
		if t.Outcome == result.Fail && r.Verdict == result.Pass {
			r.Verdict = result.Fail
		}
	}
	var micros, ratio *float64
	if edge := r.figure(nameEdge); edge != nil {
		micros = &edge.Microseconds.Median
	}
	if len(r.Ratios) > 0 {
		ratio = &r.Ratios[0].Value.Median
	}
	judge("edge, µs of CPU a call", micros, edgeMicroseconds)
	judge("edge / sipp UAS", ratio, edgeOverSIPp)
}

// WriteTo prints the figures for a person.
func (r *BenchResult) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	fmt.Fprintf(counted, "CPU a call: INVITE (%d bytes), 200, ACK, BYE, 200 at %.0f calls/s; %d rounds of %.0f s in turn; idle CPU subtracted\n",
		r.InviteBytes, r.Rate, r.rounds(), r.RoundSeconds)
	table := tabwriter.NewWriter(counted, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tmedian\tinterval\t\tidle\t")
	for _, c := range r.CPU {
		e := c.Microseconds
		fmt.Fprintf(table, "%s\t%.0f µs\t%.0f … %.0f µs\t%.0f %%\t%.1f %%\t\n", c.Name, e.Median, e.Low, e.High, e.Confidence*100, c.IdlePercent)
	}
	for _, q := range r.Ratios {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f … %.2f\t%.0f %%\t\t\n", q.Name, q.Value.Median, q.Value.Low, q.Value.High, q.Value.Confidence*100)
	}
	if err := table.Flush(); err != nil {
		return counted.n, err
	}
	for _, t := range r.Targets {
		if t.Outcome == result.Inconclusive {
			fmt.Fprintf(counted, "target  %s: at most %.4g: not measured\n", t.Name, t.AtMost)
			continue
		}
		fmt.Fprintf(counted, "target  %s: %.4g, at most %.4g: %s\n", t.Name, t.Value, t.AtMost, t.Outcome)
	}
	if r.Invalid > 0 {
		fmt.Fprintf(counted, "%d rounds were invalid and not counted\n", r.Invalid)
	}
	for _, why := range []string{r.SIPp, r.Error} {
		if why != "" {
			fmt.Fprintln(counted, why)
		}
	}
	return counted.n, counted.err
}

func (r *BenchResult) rounds() int {
	if len(r.CPU) == 0 {
		return 0
	}
	return len(r.CPU[0].Microseconds.Rounds)
}

// counter keeps the first error, so that printing need not look at each.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	return n, err
}
