package robustness

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func slow() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-007",
		Title:       "Header fields byte by byte, without end",
		Requirement: "How long a header may take is bounded as a whole: each byte that comes does not begin the time anew.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.3.2.4"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("lim.idle-reset", conformance.Accepted),
		Run: varied(conformance.Variant{Bounds: conformance.Bounds{Header: bound}}, func(ctx context.Context, s *conformance.Stand) error {
			return trickle(ctx, s, "a header", nil, options(s).Header("X-Long", strings.Repeat("a", 9999)).Length().Bytes())
		}),
	}, {
		ID:          "ROB-008",
		Title:       "A body byte by byte, without end",
		Requirement: "How long a body may take is bounded as a whole.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 3261 §26.3.2.4"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("frame.no-body-timeout", conformance.Accepted),
		Run: varied(conformance.Variant{Bounds: conformance.Bounds{Body: bound}}, func(ctx context.Context, s *conformance.Stand) error {
			head := options(s).Header("Content-Type", "text/plain").Header("Content-Length", "9999").NoLength().Bytes()
			return trickle(ctx, s, "a body", head, []byte(strings.Repeat("x", 9999)))
		}),
	}, {
		ID:          "ROB-009",
		Title:       "A peer that asks and does not read",
		Requirement: "A peer whose window stays closed loses its connection after a bounded time, and nobody else waits for it meanwhile.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.2.2", "RFC 3261 §26.3.2.4"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("con.write-block", conformance.Silence),
		Run:         varied(conformance.Variant{Bounds: conformance.Bounds{Write: bound}}, deaf),
	}}
}

// trickle sends the beginning at once and the rest byte by byte, and wants the
// connection closed although something comes all the time.
func trickle(ctx context.Context, s *conformance.Stand, what string, beginning, rest []byte) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if len(beginning) > 0 {
		if err := p.Send(beginning, "OPTIONS, its body to come"); err != nil {
			return err
		}
	}
	for began := time.Now(); ; rest = rest[1:] {
		if time.Since(began) > patience {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: fmt.Sprintf("the connection closed: %s took more than %s", what, bound),
				Actual: fmt.Sprintf("open after %s, with a byte every %s", patience, bound/10), Span: patience}
		}
		if p.SendEach("a byte of "+what, rest[:1]) != nil {
			break // by now we know that it is over
		}
		answer, err := p.Within(bound/10).Await(ctx, "the end of the connection", raw.Final())
		if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Closed {
			return served(ctx, s)
		}
		if err == nil && answer.Status() < 400 {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "408 or 400, and the connection closed", Actual: answer.StartLine}
		}
	}
	return served(ctx, s)
}

// deaf asks for long answers that it never reads, until the node has had enough
// of it; another partner's connection is served all the while.
func deaf(ctx context.Context, s *conformance.Stand) error {
	other, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	bare, err := s.Connect(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	if tcp, ok := bare.(*net.TCPConn); ok {
		if err := tcp.SetReadBuffer(4 << 10); err != nil {
			return err
		}
	}
	conn := tls.Client(bare, &tls.Config{
		RootCAs: s.Target.Roots, ServerName: s.Target.Pool, Certificates: []tls.Certificate{s.Target.Partner.Certificate},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return conformance.Preamble(err)
	}
	// Each costs the node as much to answer: Vias come back.
	request := options(s).Line(strings.Repeat("Via: SIP/2.0/TLS "+strings.Repeat("a", 200)+".example.net;branch=z9hG4bK1\r\n", 60) + "Via: SIP/2.0/TLS b.example.net;branch=z9hG4bK2")
	stuffed := make(chan error, 1)
	go func() { stuffed <- stuff(s, conn, request) }()
	for {
		if err := alive(ctx, s, other); err != nil {
			bare.Close()
			<-stuffed
			return err
		}
		select {
		case err := <-stuffed:
			if err != nil {
				return err
			}
			return alive(ctx, s, other)
		case <-time.After(s.T1()):
		}
	}
}

// stuff asks until it is thrown out, which is what it wants.
func stuff(s *conformance.Stand, conn net.Conn, request *raw.Builder) error {
	const megabytes = 64 << 20
	text := string(request.Length().Bytes())
	id := text[strings.Index(text, "Call-ID: ")+len("Call-ID: "):]
	id, _, _ = strings.Cut(id, "\r\n")
	branch := text[strings.Index(text, "branch=")+len("branch="):]
	branch, _, _ = strings.Cut(branch, "\r\n")
	for sent := 0; sent < megabytes; sent += len(text) {
		next := strings.NewReplacer(id, "fedge-"+s.ID+"-"+s.Branch(), branch, s.Branch()).Replace(text)
		conn.SetWriteDeadline(time.Now().Add(patience)) // of a connection that is there
		_, err := conn.Write([]byte(next))
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: fmt.Sprintf("the connection closed, %s after nothing is read from it", bound), Actual: fmt.Sprintf("open after %s", patience), Span: patience}
		}
		if err != nil {
			return nil
		}
	}
	return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the connection closed", Actual: "the node has answers for 64 MB of requests, none of them read, in store"}
}
