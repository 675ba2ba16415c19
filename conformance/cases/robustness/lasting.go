package robustness

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func lasting() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-018",
		Title:       "Calls and connections that come and go",
		Requirement: "When all calls are over and their timers have run out, the node has as many goroutines, descriptors, transactions and dialogs as before.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.2.1"},
		Needs:       conformance.Needs{Variant: true, Inside: true, Media: true},
		Destructive: true,
		Alone:       true, // goroutines and descriptors are counted by process
		Mutants:     conformance.Kills("leak.slow", conformance.Content),
		// The short form; `make soak` runs it, and ROB-017, for as long as wanted.
		Lasts: 64,
		Run:   varied(conformance.Variant{Plan: withoutMedia}, func(ctx context.Context, s *conformance.Stand) error { return Soak(ctx, s, 160) }),
	}, {
		ID:          "ROB-019",
		Title:       "The clock is set",
		Requirement: "When the node's time of day jumps by an hour, forward or back, calls go on and timers run as if it had not.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.1.1.1", "RFC 4028 §10"},
		Needs:       conformance.Needs{Variant: true, Media: true},
		Mutants:     conformance.Kills("time.wall", conformance.Accepted),
		Lasts:       80,
		Run:         jump,
	}, {
		ID:          "ROB-020",
		Title:       "Garbage and the log",
		Requirement: "What a peer sends reaches the log escaped, a line for a line, and a flood of it does not become a flood of lines.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §26.3.2.4", "CWE-117"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("log.raw", conformance.Content),
		Run:         logged,
	}}
}

// Soak makes so many connections, each with OPTIONS and a call, and wants the
// node to be as it was before.
func Soak(ctx context.Context, s *conformance.Stand, count int) error {
	if err := rounds(ctx, s, 8); err != nil { // what is made once is made
		return conformance.Preamble(err)
	}
	names := append([]string{"go_goroutines", "process_open_fds"}, held...)
	if err := settles(ctx, s, conformance.Inside{"go_goroutines": 1e9, "process_open_fds": 1e9}, 64*s.T1()+patience, names...); err != nil {
		return conformance.Preamble(err)
	}
	before, err := s.Inside(ctx)
	if err == nil {
		err = exported(before, names...)
	}
	if err != nil {
		return conformance.Preamble(err)
	}
	before["go_goroutines"] += 40 // a timer that runs, somebody who reads the figures
	before["process_open_fds"] += 20
	if err := rounds(ctx, s, count); err != nil {
		return err
	}
	return settles(ctx, s, before, 64*s.T1()+patience, names...)
}

// rounds goes through the life of so many connections, eight at a time.
func rounds(ctx context.Context, s *conformance.Stand, count int) error {
	var (
		crew   sync.WaitGroup
		mu     sync.Mutex
		failed error
		left   = count
	)
	// A stand is one goroutine's: what it counts is taken in turns.
	next := func() (invite []byte, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		left--
		return s.Invite(s.Target.Partner, s.Offer()).Bytes(), left >= 0 && failed == nil
	}
	for range 8 {
		crew.Go(func() {
			for invite, ok := next(); ok; invite, ok = next() {
				if err := round(ctx, s, invite); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	crew.Wait()
	return failed
}

func round(ctx context.Context, s *conformance.Stand, invite []byte) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return err
	}
	defer p.Abort()
	call, err := s.Establish(ctx, p, invite)
	if err != nil {
		return err
	}
	for _, method := range []string{"OPTIONS", "BYE"} {
		answer, err := call.Request(ctx, method)
		if err == nil {
			err = conformance.Gets(answer, 200)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func jump(ctx context.Context, s *conformance.Stand) error {
	var ahead atomic.Int64
	s, err := s.Variant(ctx, conformance.Variant{
		Plan: withoutMedia,
		Wall: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		return conformance.Preamble(err)
	}
	return conformance.Connected(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Session-Expires", "1800;refresher=uac").Bytes())
		if err != nil {
			return conformance.Preamble(err)
		}
		for _, by := range []time.Duration{time.Hour, -time.Hour} {
			ahead.Store(int64(by))
			answer, err := call.Request(ctx, "OPTIONS")
			if err == nil {
				err = conformance.Gets(answer, 200)
			}
			if err == nil {
				err = p.Quiet(ctx, 5*s.T1())
			}
			if err != nil {
				return about(err, "the call to go on after the clock jumped by %s", by)
			}
			if err := repeats(ctx, s, p); err != nil {
				return about(err, "the 200 repeated after T1, and the call ended after 64*T1, whatever the clock says (%s)", by)
			}
		}
		call.Hangup(ctx)
		return nil
	})(ctx, s)
}

// repeats leaves a call unacknowledged: its 200 must come again, and in the end
// BYE (RFC 3261 §13.3.1.4).
func repeats(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := raw.Parse(s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	if _, err := p.Ask(ctx, invite.Bytes); err != nil {
		return err
	}
	mine := raw.InCall(invite.CallID())
	if _, err := p.Await(ctx, "the 200 again", raw.And(raw.Final(), mine)); err != nil {
		return err
	}
	bye, err := p.Within(64*s.T1()+patience).Await(ctx, "BYE", raw.And(raw.Request("BYE"), mine))
	if err != nil {
		return err
	}
	return p.Respond(bye, 200, "OK", nil)
}

// paper is what a node logs.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) lines() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Split(bytes.Clone(bytes.TrimRight(p.text.Bytes(), "\n")), []byte("\n"))
}

// garbage is refused for reasons that a node may want to log, and holds what
// would forge lines or colour a terminal if it were logged as it is.
func garbage(s *conformance.Stand, n int) []byte {
	const forged = "\x1b[31m\rtime=2026 level=INFO msg=forged"
	switch n % 4 {
	case 0:
		return s.Request("OPTIONS", "sip:"+s.Target.Node, s.Target.Partner, s.CallID()).Header("Subject", "x"+forged).Length().Bytes()
	case 1:
		return s.Request("INVITE", "sip:nobody%0a%1b[31mlevel=INFO@"+s.Target.Domain, s.Target.Partner, s.CallID()).Length().Bytes()
	case 2:
		return bytes.Replace(s.Options(s.Target.Partner), []byte("SIP/2.0\r\n"), []byte("SIP/3.0\r\n"), 1)
	}
	return s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Header("Accept", "text/plain").
		Length().Body("text/plain;%0a\xc2\x85\x1b"+forged[:4], []byte("x")).Bytes()
}

func logged(ctx context.Context, s *conformance.Stand) error {
	const messages, spare = 400, 60
	log := new(paper)
	s, err := s.Variant(ctx, conformance.Variant{Log: log})
	if err != nil {
		return conformance.Preamble(err)
	}
	began := time.Now()
	for n := 0; n < messages; {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Unavailable(fmt.Sprintf("a node that lives after %d bad messages", n), err)
		}
		for ; n < messages; n++ {
			r, err := s.Put(ctx, p, "garbage", garbage(s, n), false)
			if err != nil {
				return err
			}
			if r.Closed {
				n++
				break
			}
		}
		p.Abort()
	}
	seconds := int(time.Since(began)/time.Second) + 1
	lines := log.lines()
	if len(lines) == 0 {
		return conformance.Preamble(fmt.Errorf("robustness: the node logs nothing"))
	}
	for _, line := range lines {
		if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == 0x85 }) {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "lines without control characters", Actual: fmt.Sprintf("%q", line)}
		}
		if bytes.Contains(line, []byte("msg=forged")) && !bytes.Contains(line, []byte(`\r`)) {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "no line of the peer's making", Actual: string(line)}
		}
	}
	if allowed := spare + 60*seconds; len(lines) > allowed {
		return &conformance.Mismatch{Class: conformance.Content,
			Expected: fmt.Sprintf("no more than %d lines because of %d bad messages within %d s", allowed, messages, seconds), Actual: fmt.Sprint(len(lines))}
	}
	return nil
}
