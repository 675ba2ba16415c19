package stack

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
)

// recorded returns the URIs of the Record-Route lines, top to bottom, each as
// its bytes came: Edges sign theirs ([MS-SIPRE] 3.6.3). Header parameters after
// the > are not part of a route (RFC 3261 §12.1.1).
func recorded(m *Message) ([]string, error) {
	var routes []string
	for entry := range m.List("Record-Route") {
		a, err := gate.ParseAddress(entry)
		if err != nil {
			return nil, fmt.Errorf("%w: Record-Route: %w", ErrURI, err)
		}
		routes = append(routes, a.URI)
	}
	return routes, nil
}

// recordedByAnswer is the route set of a caller: the other way round (RFC 3261
// §12.1.2). What cannot be read is no route.
func recordedByAnswer(m *Message) []string {
	routes, err := recorded(m)
	if err != nil {
		return nil
	}
	if !mutant.On("dlg.ack-route") {
		slices.Reverse(routes)
	}
	return routes
}

// contactOf returns the URI of the one Contact, as it came, "" when there is
// none.
func contactOf(m *Message) (string, error) {
	uri := ""
	for entry := range m.List("Contact") {
		a, err := gate.ParseAddress(entry)
		if mutant.On("syn.contact-headers") {
			a.URI, _, _ = strings.Cut(a.URI, "?")
		}
		if err == nil {
			_, err = gate.SplitURI(a.URI)
		}
		if strings.Contains(entry, "unknownparam") && mutant.On("syn.contact-param") {
			err = errors.New("a parameter that is not known")
		}
		if entry == "*" && mutant.On("syn.star") {
			return "", nil
		}
		if err == nil && uri != "" {
			err = fmt.Errorf("more than one")
		}
		if err != nil {
			return "", fmt.Errorf("%w: Contact: %w", ErrURI, err)
		}
		uri = a.URI
	}
	return uri, nil
}

// routing gives the Request-URI and the Route lines of a request to target by
// way of routes (RFC 3261 §12.2.1.1).
func routing(target string, routes []string) (uri, lines string) {
	if len(routes) == 0 {
		return target, ""
	}
	if !loose(routes[0]) && !mutant.On("dlg.no-strict") { // a strict router takes the target as the last route
		target, routes = routes[0], append(slices.Clone(routes[1:]), target)
	}
	var b strings.Builder
	for _, route := range routes {
		b.WriteString("Route: <")
		b.WriteString(route)
		b.WriteString(">\r\n")
	}
	return target, b.String()
}

// loose finds lr wherever it stands among the parameters: Microsoft's is in
// the middle.
func loose(uri string) bool {
	u, err := gate.SplitURI(uri)
	return err != nil || u.Params.Has("lr")
}

// nextHop is the host that a request to target by way of routes goes to, and
// its port or 0.
func nextHop(target string, routes []string) (string, int, error) {
	if len(routes) > 0 {
		target = routes[0]
	}
	u, err := gate.SplitURI(target)
	if err != nil || !u.SIP() {
		return "", 0, fmt.Errorf("%w: there is no way to %q", ErrNoLink, target)
	}
	return strings.ToLower(strings.TrimSuffix(u.Host, ".")), u.Port, nil
}
