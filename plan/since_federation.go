package plan

import (
	"fmt"
	"slices"
)

// setFederation changes whom nodes federate with and what they put up with. It
// breaks no call: new ones are judged by it.
func (c *change) setFederation() {
	var lines []string
	if c.old.Closed != c.new.Closed {
		lines = append(lines, map[bool]string{
			true: "discovery: on -> off; only allowed partners federate from now on", false: "discovery: off -> on",
		}[c.new.Closed])
	}
	lines = append(lines, listed("block", "unblock", c.old.Blocked, c.new.Blocked)...)
	lines = append(lines, listed("trust the hosting provider", "trust no longer the hosting provider", c.old.Providers, c.new.Providers)...)
	was, now := c.old.Limits, c.new.Limits
	for _, limit := range []struct {
		name     string
		was, now int
	}{
		{"calls of a node", was.Calls, now.Calls}, {"requests a second of a discovered partner", was.Discovered, now.Discovered},
		{"messages a second to a discovered partner", was.Outbound, now.Outbound}, {"wrong aliases from one address", was.WrongAliases, now.WrongAliases},
	} {
		if limit.was != limit.now {
			lines = append(lines, fmt.Sprintf("limit on %s: %s -> %s", limit.name, orUsual(limit.was), orUsual(limit.now)))
		}
	}
	if len(lines) > 0 {
		c.step(Step{Title: "Set whom nodes federate with, and how much they take", Where: atPlatform, Do: lines})
	}
}

// listed says what to add to a list and what to take from it.
func listed(add, remove string, was, now []string) (lines []string) {
	for _, name := range now {
		if !slices.Contains(was, name) {
			lines = append(lines, add+" "+name)
		}
	}
	for _, name := range was {
		if !slices.Contains(now, name) {
			lines = append(lines, remove+" "+name)
		}
	}
	return lines
}

func orUsual(limit int) string {
	if limit == 0 {
		return "as usual"
	}
	return fmt.Sprint(limit)
}
