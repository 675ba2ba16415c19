package conformance

import (
	"fmt"
	"net/url"
	"strings"
)

// Trigger is how a node is made to call out.
type Trigger struct {
	How  string // http, command or manual; "": it is not
	What string // the URL, or the command
}

// ParseTrigger reads a trigger as people write it.
func ParseTrigger(text string) (Trigger, error) {
	how, what, _ := strings.Cut(strings.TrimSpace(text), " ")
	t := Trigger{How: how, What: strings.TrimSpace(what)}
	switch {
	case how == "http" && t.What != "":
		if at, err := url.Parse(t.What); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return Trigger{}, fmt.Errorf("http: %q is no URL, such as http://192.0.2.1:8080/dial", t.What)
		}
		return t, nil
	case how == "command" && t.What != "", how == "manual" && t.What == "":
		return t, nil
	}
	return Trigger{}, fmt.Errorf("%q: write 'http URL', 'command CMD' or manual", text)
}
