// Package capture remembers what went over the wire, so that every verdict can
// be opened: the messages inside TLS with a label each, and the packets as they
// were sent, which leave as a pcapng file that Wireshark decrypts when it is
// given the keys.
//
// It parses nothing. Whoever framed a message names it. Recorders belong to
// the simulator's side; the edge runs without.
package capture

import (
	"bytes"
	"io"
	"net/netip"
	"sync"
	"time"
)

// Label is what the framer of a message says it is.
type Label struct {
	Text   string // "INVITE", "200 INVITE"
	CallID string
	CSeq   string // "1 INVITE"
}

// Message is one message inside TLS.
type Message struct {
	At       time.Time
	Link     uint64 // which connection, as link.Link.ID
	Sent     bool   // by the side that records
	From, To string // host names: who sent it, who received it
	Src, Dst netip.AddrPort
	Label    Label
	Bytes    []byte // not to be changed
}

// overhead is what one entry costs besides its bytes, roughly.
const overhead = 160

// Recorder keeps messages and packets up to a limit and counts what it drops
// beyond it: the beginning of a run is kept whole. It is safe for concurrent
// use. A nil *Recorder records nothing.
type Recorder struct {
	limit int

	mu       sync.Mutex
	used     int
	dropped  int
	messages []Message
	packets  []packet
	flows    map[uint64]*flow
	keys     bytes.Buffer
}

// New returns a recorder that holds about limit bytes.
func New(limit int) *Recorder {
	return &Recorder{limit: limit, flows: make(map[uint64]*flow)}
}

// Message records m and copies its bytes.
func (r *Recorder) Message(m Message) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.take(len(m.Bytes)) {
		m.Bytes = bytes.Clone(m.Bytes)
		r.messages = append(r.messages, m)
	}
}

// Messages returns what was recorded, in order.
func (r *Recorder) Messages() []Message {
	return r.filter(func(Message) bool { return true })
}

// Call returns the messages of one Call-ID, in order.
func (r *Recorder) Call(callID string) []Message {
	return r.filter(func(m Message) bool { return m.Label.CallID == callID })
}

func (r *Recorder) filter(keep func(Message) bool) []Message {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []Message
	for _, m := range r.messages {
		if keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// Dropped returns how many messages and packets found no room.
func (r *Recorder) Dropped() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// take claims room for n bytes and their entry, with r.mu held.
func (r *Recorder) take(n int) bool {
	if r.used+n+overhead > r.limit {
		r.dropped++
		return false
	}
	r.used += n + overhead
	return true
}

// KeyLog returns a writer for tls.Config.KeyLogWriter, or nil (which logs
// nothing) when nothing is recorded. The keys stay in memory until WriteKeyLog
// or Pcapng is asked for them.
func (r *Recorder) KeyLog() io.Writer {
	if r == nil {
		return nil
	}
	return keyLog{r}
}

// keyLog is the recorder as crypto/tls sees it.
type keyLog struct{ r *Recorder }

// Write takes one line of the NSS key log format.
func (k keyLog) Write(line []byte) (int, error) {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	if k.r.take(len(line)) {
		k.r.keys.Write(line)
	}
	return len(line), nil
}

// WriteKeyLog writes the TLS secrets as an NSS key log, which opens the
// recorded connections to anyone who has it.
func (r *Recorder) WriteKeyLog(w io.Writer) error {
	_, err := w.Write(r.keyBytes())
	return err
}

func (r *Recorder) keyBytes() []byte {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.keys.Bytes())
}
