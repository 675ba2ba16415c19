package capture

import (
	"bytes"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	client = netip.MustParseAddrPort("192.0.2.1:49152")
	server = netip.MustParseAddrPort("198.51.100.40:5061")
	began  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func after(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }

func TestNilRecorderRecordsNothing(t *testing.T) {
	var r *Recorder
	r.Message(Message{})
	r.Opened(began, 1, client, server)
	r.Segment(began, 1, client, server, []byte("x"))
	r.Closed(began, 1, client, server)
	r.Datagram(began, client, server, []byte("x"))
	if r.Messages() != nil || r.Dropped() != 0 || r.Drops() != "" || r.KeyLog() != nil || len(r.Ladder("c")) != 0 {
		t.Error("there must be nothing")
	}
	var file bytes.Buffer
	if err := r.Pcapng(&file, true); err != nil || file.Len() == 0 {
		t.Errorf("an empty capture is still a file: %v", err)
	}
	if err := r.WriteKeyLog(&file); err != nil {
		t.Error(err)
	}
}

func TestRecorderKeepsTheBeginningAndCountsTheRest(t *testing.T) {
	r := New(10 * cost(messageOverhead, 101))
	for i := range 15 {
		r.Message(Message{Label: Label{Text: string(rune('a' + i))}, Bytes: make([]byte, 100)})
	}
	got := r.Messages()
	if len(got) != 10 || got[0].Label.Text != "a" || got[9].Label.Text != "j" {
		t.Errorf("kept %d messages", len(got))
	}
	if r.Dropped() != 5 || !strings.HasPrefix(r.Drops(), "5 messages") {
		t.Errorf("dropped %d: %q", r.Dropped(), r.Drops())
	}
	if l := r.Ladder("none"); len(l) != 1 || l[0].Label != "5 not recorded" || !strings.Contains(l[0].Text, "5 messages") {
		t.Errorf("a transcript does not say what is not in it: %+v", l)
	}
	r.KeyLog().Write(make([]byte, 1000))
	r.Datagram(began, client, server, make([]byte, 1000))
	r.Opened(began, 1, client, server)
	r.Segment(began, 1, client, server, make([]byte, 1000))
	r.Closed(began, 1, client, server)
	if r.Dropped() != 8 {
		t.Errorf("keys, a datagram and a connection found no room: %d dropped", r.Dropped())
	}
}

func TestRecorderCopiesItsBytes(t *testing.T) {
	r := New(1 << 20)
	b := []byte("INVITE")
	r.Message(Message{Bytes: b})
	copy(b, "xxxxxx")
	if got := string(r.Messages()[0].Bytes); got != "INVITE" {
		t.Errorf("recorded %q", got)
	}
}

func TestLadderIsOneCallFromItsBeginningWithoutKeys(t *testing.T) {
	r := New(1 << 20)
	put := func(ms int, call, label, text string) {
		r.Message(Message{At: after(ms), From: "a", To: "b", Label: Label{Text: label, CallID: call}, Bytes: []byte(text)})
	}
	put(0, "other", "OPTIONS", "")
	put(10, "c1", "INVITE", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n")
	put(35, "c1", "200 INVITE", "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 INLINE:mDwtsDv+ZxYfYk/vZ2R0aW5n_-A= \r\n")
	got := r.Ladder("c1")
	if len(got) != 2 || got[0].AtSeconds != 0 || got[1].AtSeconds != 0.025 || got[1].Label != "200 INVITE" || got[1].From != "a" {
		t.Fatalf("ladder: %+v", got)
	}
	if want := "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:(masked)|2^20|1:4\r\n"; got[0].Text != want {
		t.Errorf("text %q, want %q", got[0].Text, want)
	}
	if want := "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 INLINE:(masked) \r\n"; got[1].Text != want {
		t.Errorf("text %q, want %q", got[1].Text, want)
	}
}

// A limit is one of memory, also for messages of next to no bytes and for labels
// that were cut out of large ones.
func TestRecorderTakesNoMoreThanItsLimit(t *testing.T) {
	const limit = 8 << 20
	for name, message := range map[string]func() Message{
		"small": func() Message { return Message{Label: Label{Text: "200"}, Bytes: []byte("SIP/2.0 200 OK\r\n\r\n")} },
		"cut out of a large one": func() Message {
			large := strings.Repeat("x", 60<<10)
			return Message{Label: Label{large[:3], large[3:9], large[9:12]}, Bytes: []byte(large[:20])}
		},
		"a large label": func() Message { return Message{Label: Label{Text: strings.Repeat("x", 60<<10)}} },
	} {
		var before, after runtime.MemStats
		r := NewTranscript(limit)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for r.Dropped() == 0 {
			r.Message(message())
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > limit {
			t.Errorf("%s: %d messages take %d bytes, the limit is %d", name, len(r.Messages()), used, limit)
		}
	}
}

func TestTranscriptsHoldNoPackets(t *testing.T) {
	r := NewTranscript(1 << 20)
	r.Opened(began, 1, client, server)
	r.Segment(began, 1, client, server, []byte("x"))
	r.Closed(began, 1, client, server)
	r.Datagram(began, client, server, []byte("x"))
	r.Message(Message{Label: Label{CallID: "c"}})
	if r.KeyLog() != nil || len(r.packets) != 0 || r.Dropped() != 0 || len(r.Ladder("c")) != 1 {
		t.Errorf("%d packets, %d dropped, %d messages", len(r.packets), r.Dropped(), len(r.Ladder("c")))
	}
}
