package lync

import (
	"fmt"
	"time"
)

// Flood is why a link was cut off: more came on it than any peer has to say.
// It is the cause of the FailedError of the calls on that link.
type Flood struct {
	Messages int
	Bytes    int64
	What     string // "that belong to no call", …
}

func (e *Flood) Error() string {
	return fmt.Sprintf("lync: the node floods the link and was cut off: %d messages, %d bytes, %s", e.Messages, e.Bytes, e.What)
}

// Unwrap says that the link is lost.
func (e *Flood) Unwrap() error { return ErrLinkLost }

// What a peer may send of what is of no use, or to one call: so much at once,
// and then so much a second. No order of ours asks for a hundredth of it.
const (
	floodAtOnce = 1 << 20
	floodSecond = 64 << 10
	floodEach   = 512 // is added to a message's bytes, for a small one costs too
)

// flood counts what a peer sends, in bytes.
type flood struct {
	level float64   // of a bucket that leaks floodSecond
	at    time.Time // of level
	seen  int
	bytes int64
}

// more takes a message of so many bytes; an error says that it was one too many.
func (f *flood) more(now time.Time, bytes int, what string) error {
	f.level = max(0, f.level-now.Sub(f.at).Seconds()*floodSecond) + float64(bytes+floodEach)
	f.at = now
	f.seen++
	f.bytes += int64(bytes)
	if f.level > floodAtOnce {
		return &Flood{f.seen, f.bytes, what}
	}
	return nil
}
