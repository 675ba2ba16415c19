package edge

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// The mutants of this file do for a peer what nobody asked of the node, or open
// what shall be closed. Without one they do nothing.

// bother is how long a mutant waits for anybody.
const bother = 300 * time.Millisecond

// fetch gets what a Call-Info points at.
func fetch(invite *stack.Message) {
	info, err := gate.ParseAddress(invite.Header("Call-Info"))
	if err != nil || !mutant.On("sec.fetch") {
		return
	}
	client := http.Client{Timeout: bother}
	if answer, err := client.Get(info.URI); err == nil {
		answer.Body.Close()
	}
}

// dialThrough calls whom a stranger names in the Request-URI.
func (e *Edge) dialThrough(invite *stack.Message) {
	if !mutant.On("sec.dialthrough") {
		return
	}
	ctx, stop := context.WithTimeout(e.life, bother)
	defer stop()
	_, _ = e.Place(ctx, Place{Room: e.config.Plan.Rooms[0].Name, To: invite.URI()})
}

// leftover is what is passed on of the identities that a peer asserts, when only
// the first of them is taken out.
func leftover(invite *stack.Message) (headers []stack.Header) {
	if !mutant.On("sec.strip-one") {
		return nil
	}
	for value := range invite.List("P-Asserted-Identity") {
		headers = append(headers, stack.Header{Name: "P-Asserted-Identity", Value: value})
	}
	return headers[min(1, len(headers)):]
}

// inClear calls by TCP whom TLS does not reach.
func inClear(want trunk) {
	c, err := net.DialTimeout("tcp", want.addr.String(), bother)
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = fmt.Fprintf(c, "INVITE sips:anna@%s SIP/2.0\r\n\r\n", want.domain)
}

// expose serves the admin interface, or SIP in clear, at the node's own address.
func (e *Edge) expose(ln net.Listener) (end func()) {
	port := 0
	switch {
	case mutant.On("ops.expose"):
		port = 8080
	case mutant.On("ops.extra-ports"):
		port = 5060
	}
	at, ok := ln.Addr().(*net.TCPAddr)
	if port == 0 || !ok {
		return func() {}
	}
	open, err := net.ListenTCP("tcp", &net.TCPAddr{IP: at.IP, Port: port})
	if err != nil {
		return func() {}
	}
	server := &http.Server{Handler: e.Admin(), ReadHeaderTimeout: bother}
	go server.Serve(open)
	return func() { server.Close() }
}
