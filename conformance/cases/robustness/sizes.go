package robustness

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func sizes() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-001",
		Title:       "Start lines of 8 and 64 KB",
		Requirement: "A Request-URI longer than the node reads is refused with 414 (or 400), or its connection is closed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.4.12"},
		Destructive: true,
		Mutants:     conformance.Kills("lim.none", conformance.Accepted),
		Run:         conformance.Steps(longLine(8<<10), longLine(64<<10), conformance.PlainCall()),
	}, {
		ID:          "ROB-002",
		Title:       "Header of 60 and 600 KB",
		Requirement: "A header of 60 KB is read, or refused with 400, 413 or 513, or its connection is closed; there is a limit, below 600 KB.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.5.7"},
		Destructive: true,
		Mutants:     conformance.Kills("lim.none", conformance.Accepted),
		Run:         conformance.Steps(longHeader(60<<10, 200), longHeader(600<<10), conformance.PlainCall()),
	}, {
		ID:          "ROB-003",
		Title:       "8,000 header fields",
		Requirement: "A request of 8,000 header fields is refused with 400 (or 413, 513), or its connection is closed.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.4.1"},
		Destructive: true,
		Mutants:     conformance.Kills("lim.hdr-count", conformance.Accepted),
		// sipgo takes them all: catalogue of what is known about it.
		Run: conformance.Steps(conformance.Step{
			What: "OPTIONS with 8,000 fields", Verdict: refusedWith(400, 413, 513),
			Make: func(s *conformance.Stand) []byte {
				return options(s).Line(strings.Repeat("X-A: b\r\n", 7999) + "X-A: b").Length().Bytes()
			},
		}, conformance.PlainCall()),
	}, {
		ID:          "ROB-004",
		Title:       "A body of 600 KB",
		Requirement: "A message larger than the node reads is refused with 413 or 513 (or 400), or its connection is closed, and what stands behind it is not obeyed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.4.11", "RFC 3261 §21.5.7"},
		Destructive: true,
		Mutants:     conformance.Kills("lim.alloc-cl", conformance.Accepted),
		Run: conformance.Steps(conformance.Step{
			What: "OPTIONS with a body of 600 KB", Verdict: refusedWith(400, 413, 513),
			Make: func(s *conformance.Stand) []byte {
				return options(s).Length().Body("text/plain", []byte(strings.Repeat("x", 600<<10))).Bytes()
			},
		}, conformance.PlainCall()),
	}, {
		ID:          "ROB-005",
		Title:       "Content-Length of 4 GB, 200 times",
		Requirement: "What a Content-Length announces costs no memory before it comes: 200 connections that announce 4 GB and fall silent cost less than 128 KiB each, a message at its largest, in heap and in resident memory.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "GHSA-pg59-5vwg-4jxq"},
		Needs:       conformance.Needs{Variant: true, Inside: true},
		Alone:       true, // memory is counted by process
		Destructive: true,
		Mutants:     conformance.Kills("lim.alloc-cl", conformance.Content),
		Run:         varied(conformance.Variant{}, announced),
	}, {
		ID:          "ROB-006",
		Title:       "100 Vias, 70 Record-Routes, 1,000 Routes",
		Requirement: "Long lists of hops are read or refused (400, 482, 483, 513) within 50 ms, and the time that takes grows with their length, not with its square: four times the hops take less than eight times as long.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §16.3"},
		Needs:       conformance.Needs{Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("lim.quad", conformance.Silence),
		Run:         hopping,
	}, {
		ID:          "ROB-022",
		Title:       "Separators without end",
		Requirement: "30 and 60 KB of semicolons, commas, brackets or quotes, in one header field or one attribute of a description, cost less than 50 ms more than a plain request, whatever the answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §26.3.2.4"},
		Needs:       conformance.Needs{Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("lim.quad", conformance.Silence),
		Run:         func(ctx context.Context, s *conformance.Stand) error { return swift(ctx, s, separators()) },
	}}
}

// refusedWith lets also the end of the connection pass. What is answered in
// earnest has been taken.
func refusedWith(codes ...int) conformance.Verdict {
	return func(r *conformance.Reaction) error {
		if r.Answer == nil && r.Closed {
			return nil
		}
		if r.Answer == nil {
			return r.Status(codes...)
		}
		return conformance.Gets(r.Answer, codes...)
	}
}

func longLine(n int) conformance.Step {
	return conformance.Step{
		What: fmt.Sprintf("OPTIONS with a start line of %d bytes", n), Verdict: refusedWith(414, 400, 413, 513),
		Make: func(s *conformance.Stand) []byte {
			return s.Request("OPTIONS", "sip:"+s.Target.Node+";x="+strings.Repeat("a", n), s.Target.Partner, s.CallID()).Length().Bytes()
		},
	}
}

func longHeader(n int, also ...int) conformance.Step {
	return conformance.Step{
		What: fmt.Sprintf("OPTIONS with a header of %d bytes", n), Verdict: refusedWith(append(also, 513, 400, 413)...),
		Make: func(s *conformance.Stand) []byte {
			b := options(s)
			for line := "X-Long: " + strings.Repeat("a", 5<<10); n > 0; n -= len(line) {
				b.Line(line)
			}
			return b.Length().Bytes()
		},
	}
}

// announced opens the connections, sends, waits until the node has read from all
// of them, and compares what it holds with what the connections cost by
// themselves.
func announced(ctx context.Context, s *conformance.Stand) error {
	const connections, each = 200, 128 << 10
	memory := []string{"go_memstats_heap_inuse_bytes", "process_resident_memory_bytes"}
	peers, err := many(ctx, s, connections)
	if err != nil {
		return conformance.Preamble(err)
	}
	before, err := s.Inside(ctx)
	if err == nil {
		err = exported(before, memory...)
	}
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, p := range peers {
		head := options(s).Header("Content-Type", "text/plain").Header("Content-Length", "4000000000").NoLength().Bytes()
		if err := p.Send(append(head, "four"...), "OPTIONS that announces 4 GB"); err != nil {
			return err
		}
	}
	for deadline, i := time.Now().Add(time.Second), 0; i < len(peers); i++ { // an answer, the end, or silence: it has been read by then
		answer, err := peers[i].Within(max(time.Millisecond, time.Until(deadline))).Await(ctx, "anything", raw.Final())
		if err == nil && answer.Status() < 300 {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "a refusal, or silence", Actual: answer.StartLine}
		}
	}
	after, err := s.Inside(ctx)
	if err != nil {
		return err
	}
	for _, name := range memory {
		grown := (after[name] - before[name]) / connections
		s.Note("%s: %.1f KiB more for each connection", name, grown/1024)
		if grown > each {
			return &conformance.Mismatch{Class: conformance.Content,
				Expected: fmt.Sprintf("less than %d KiB more for each of %d connections", each>>10, connections),
				Actual:   fmt.Sprintf("%.0f KiB each (%s)", grown/1024, name)}
		}
	}
	return nil
}

// many opens connections, some at a time.
func many(ctx context.Context, s *conformance.Stand, n int) ([]*conformance.Peer, error) {
	var (
		crew   sync.WaitGroup
		mu     sync.Mutex
		peers  []*conformance.Peer
		failed error
	)
	for range 8 {
		crew.Go(func() {
			for range n / 8 {
				p, err := s.Dial(ctx, s.Target.Partner, nil)
				mu.Lock()
				if err != nil {
					failed = err
				} else {
					peers = append(peers, p)
				}
				mu.Unlock()
			}
		})
	}
	crew.Wait()
	return peers, failed
}
