package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"fedge/result"
)

func (p *printer) call(c *result.Call) {
	p.line("%s %s → %s: %s", p.paint(bold, "call"), c.From, c.To, p.word(string(c.Verdict)))
	p.parties(c)
	p.named(2, "detail", c.Detail)
	p.gap()
	p.ladder(c.Ladder)
	p.media(c.CallID, c.Media)
}

// parties says who answered.
func (p *printer) parties(c *result.Call) {
	p.named(2, "answer", strings.Join(present(answer(c), prefixed("by ", c.Node), prefixed("media from ", c.MediaNode), prefixed("Call-ID ", c.CallID)), ", "))
}

// answer is the final status, in words.
func answer(c *result.Call) string {
	if c.Status == 0 {
		return "no answer"
	}
	return strconv.Itoa(c.Status)
}

// media prints what was heard and seen, if anybody listened for something. The
// call whose media they are has been named.
func (p *printer) media(callID string, all []result.Media) {
	if len(all) == 0 {
		return
	}
	p.gap()
	rows := [][]string{{"media", "sent", "received", "lost", "jitter", "heard"}}
	silent := true
	for _, m := range all {
		if m.Call == callID {
			m.Call = ""
		}
		heard := tones(m)
		if m.Kind == "video" {
			heard = frames(m)
		}
		silent = silent && heard == ""
		rows = append(rows, []string{
			clip(oneLine(m.Kind+prefixed(" ", m.Call)+prefixed(" from ", m.From)), p.width()*3/5),
			count(float64(m.PacketsSent)), count(float64(m.PacketsGot)), count(float64(m.PacketsLost)), seconds(m.JitterSeconds), oneLine(heard),
		})
	}
	if silent {
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
	}
	p.table(2, rows)
}

// tones is what was heard, strongest first, and our own voice, which we should
// not hear.
func tones(m result.Media) string {
	var parts []string
	for _, hz := range byLevel(m.TonesDecibel) {
		parts = append(parts, fmt.Sprintf("%s Hz %s", hz, decibel(m.TonesDecibel[hz])))
	}
	if m.OwnDecibel != nil {
		parts = append(parts, "own "+decibel(*m.OwnDecibel))
	}
	return strings.Join(parts, ", ")
}

// byLevel lists the tones, the loudest first.
func byLevel(levels map[string]float64) []string {
	return slices.SortedFunc(maps.Keys(levels), func(a, b string) int {
		switch {
		case levels[a] > levels[b]:
			return -1
		case levels[a] < levels[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
}

func frames(m result.Media) string {
	s := plural(int(m.FramesReceived), "frame", "frames")
	if len(m.FrameCounter) == 2 {
		s += fmt.Sprintf(", numbered %d to %d", m.FrameCounter[0], m.FrameCounter[1])
	}
	return s
}

// present drops what is empty.
func present(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
