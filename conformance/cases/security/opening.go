package security

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"fedge/conformance"
)

// opening are the cases about ports, and about ways around TLS.
func opening() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-016",
		Title:       "The administrator's door",
		Requirement: "Metrics, profiles and what administrators do are not to be had at the address that partners call, by HTTP on any usual port, in TLS on the SIP port or without.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.3.1", "CWE-749"},
		Mutants:     conformance.Kills("ops.expose", conformance.Accepted),
		Run:         administered,
	}, {
		ID:          "SEC-019",
		Title:       "Other transports",
		Requirement: "A node of a federation over TLS answers no SIP by UDP, by TCP on 5060, or through WebSocket.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 7118 §5", "RFC 3261 §26.3.2.1", "[MS-SIPRE] 2.1"},
		Mutants:     conformance.Kills("ops.extra-ports", conformance.Accepted),
		Run:         transports,
	}, {
		ID:          "SEC-022",
		Title:       "SIPS stays SIPS",
		Requirement: "A call to a SIPS URI goes over TLS or not at all, and its Contact is a SIPS URI.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5630 §3.1.1", "RFC 5630 §5.1.1.1", "RFC 3261 §26.2.2"},
		Needs:       outward,
		Mutants: []conformance.Mutant{
			{Name: "sips.plain", Class: conformance.Accepted},
			{Name: "sips.downgrade", Class: conformance.Content},
		},
		Run: secured,
	}}
}

// doors are where administrators, metrics, profiles and web pages usually are.
var doors = []uint16{80, 443, 2112, 3000, 5061, 6060, 8000, 8008, 8080, 8081, 8443, 8888, 9000, 9061, 9090, 9091, 9100, 9102, 10000}

func administered(ctx context.Context, s *conformance.Stand) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		found []string
	)
	for _, port := range doors {
		wg.Go(func() {
			for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/v1/calls"} {
				for _, inTLS := range []bool{false, true} {
					if status := asked(ctx, s, port, path, inTLS); status/100 == 2 {
						mu.Lock()
						found = append(found, fmt.Sprintf("port %d: %d to GET %s", port, status, path))
						mu.Unlock()
					}
				}
			}
		})
	}
	wg.Wait()
	if len(found) > 0 {
		return accepted("nothing for strangers by HTTP", strings.Join(found, ", "))
	}
	return nil
}

// knock opens a port, with TLS if wanted. Nil: nobody is there.
func knock(ctx context.Context, s *conformance.Stand, port uint16, inTLS bool) net.Conn {
	c := s.Knock(ctx, "tcp", port)
	if c == nil || !inTLS {
		return c
	}
	as := s.Target.Partner.Certificate
	return tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: s.Target.Node, MinVersion: tls.VersionTLS12, // whoever it is
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &as, nil }})
}

// asked is the status of an answer to GET; 0: there is none.
func asked(ctx context.Context, s *conformance.Stand, port uint16, path string, inTLS bool, lines ...string) int {
	c := knock(ctx, s, port, inTLS)
	if c == nil {
		return 0
	}
	defer c.Close()
	request := "GET " + path + " HTTP/1.1\r\nHost: " + s.Target.Node + "\r\n" + strings.Join(lines, "") + "\r\n"
	if _, err := c.Write([]byte(request)); err != nil {
		return 0
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func transports(ctx context.Context, s *conformance.Stand) error {
	for _, port := range []uint16{5060, 5061} {
		if answer := said(s.Knock(ctx, "udp", port), s.Options(s.Target.Partner)); answer != "" {
			return accepted(fmt.Sprintf("nothing by UDP on port %d", port), answer)
		}
	}
	if c := s.Knock(ctx, "tcp", 5060); c != nil {
		c.Close()
		return accepted("port 5060 closed for TCP", "it is open")
	}
	if answer := said(s.Knock(ctx, "tcp", 5061), s.Options(s.Target.Partner)); strings.HasPrefix(answer, "SIP/") {
		return accepted("no SIP without TLS on port 5061", answer)
	}
	for _, port := range []uint16{80, 443, 5061, 5062, 5080, 7443, 8080, 8443} {
		for _, inTLS := range []bool{false, true} {
			status := asked(ctx, s, port, "/", inTLS, "Upgrade: websocket\r\nConnection: Upgrade\r\n",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n")
			if status == http.StatusSwitchingProtocols {
				return accepted("no SIP through WebSocket", fmt.Sprintf("101 on port %d", port))
			}
		}
	}
	return nil
}

// said is the first line of what comes back, "" if nothing does.
func said(c net.Conn, request []byte) string {
	if c == nil {
		return ""
	}
	defer c.Close()
	if _, err := c.Write(request); err != nil {
		return ""
	}
	buffer := make([]byte, 2048)
	n, _ := c.Read(buffer) // a deadline, a reset, an ICMP error: nobody answers
	line, _, _ := bytes.Cut(buffer[:n], []byte("\r\n"))
	return string(line)
}

// secured has the node call a SIPS URI whose host speaks TCP alone, then one that
// speaks TLS.
func secured(ctx context.Context, s *conformance.Stand) error {
	var mu sync.Mutex
	var heard [][]byte
	plain, err := s.Listen(ctx, conformance.Listening{Raw: func(c net.Conn) {
		buffer := make([]byte, 256)
		n, _ := c.Read(buffer) // whoever says nothing says nothing in clear
		mu.Lock()
		heard = append(heard, buffer[:n])
		mu.Unlock()
		_, _ = c.Write([]byte("SIP/2.0 400 No TLS Here\r\n\r\n"))
	}})
	if err != nil {
		return conformance.Preamble(err)
	}
	domain, at := s.Domain(), plain.AddrPort()
	if err := s.Publish(domain, conformance.SRV(0, 0, at.Port(), "sip"), conformance.A("sip", at.Addr()), conformance.A("@", at.Addr()),
		fmt.Sprintf("_sip._tcp IN SRV 0 0 %d sip", at.Port()), fmt.Sprintf("_sip._udp IN SRV 0 0 %d sip", at.Port())); err != nil {
		return conformance.Preamble(err)
	}
	placing, err := s.Place(ctx, conformance.Place{To: "sips:anna@" + domain})
	if err != nil {
		return conformance.Preamble(err)
	}
	placed, err := placing.Result(ctx)
	if err != nil {
		return err
	}
	if err := s.Wait(ctx, settling); err != nil {
		return err
	}
	mu.Lock()
	for _, b := range heard {
		const handshake = 0x16 // RFC 8446 §5.1
		if len(b) > 0 && b[0] != handshake {
			mu.Unlock()
			return accepted("nothing but TLS to a SIPS URI", fmt.Sprintf("%.40q", b))
		}
	}
	mu.Unlock()
	if placed.Status < 300 {
		return accepted("no call to a SIPS URI without TLS", placed.Body)
	}
	in, err := s.CalledAs(ctx, conformance.Place{To: "sips:anna"})
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, name := range []string{"Contact", "To"} {
		if !strings.Contains(strings.ToLower(in.Invite.Get(name)), "sips:") {
			return content(name+" with a SIPS URI", in.Invite.Get(name))
		}
	}
	return in.Decline(ctx)
}
