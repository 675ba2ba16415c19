package link

import (
	"errors"
	"io"
	"os"
	"time"

	"fedge/capture"
)

// outgoing is one message waiting to be written.
type outgoing struct {
	bytes []byte
	label capture.Label
	alone bool // in TLS records of its own
	last  bool // nothing follows: our direction ends
}

// record is the most that one TLS record carries, RFC 8446 §5.1.
const record = 16 << 10

// Send queues b, which from now on belongs to the link, and returns at once.
// The label goes into the transcript. ErrQueueFull means that the peer does not
// keep up; the link is over then. Once the link is over, Send returns Err.
func (l *Link) Send(b []byte, label capture.Label) error {
	return l.enqueue(outgoing{bytes: b, label: label})
}

// SendAlone is Send, except that b travels in TLS records of its own, joined
// with nothing before or after it: for instruments that test framing.
func (l *Link) SendAlone(b []byte, label capture.Label) error {
	return l.enqueue(outgoing{bytes: b, label: label, alone: true})
}

// CloseWrite ends our direction, with close_notify and FIN, once everything
// queued before has been written. The peer can still be read. What is sent
// afterwards ends the link.
func (l *Link) CloseWrite() error { return l.enqueue(outgoing{last: true}) }

func (l *Link) enqueue(m outgoing) error {
	l.mu.Lock()
	if l.err != nil {
		defer l.mu.Unlock()
		return l.err
	}
	if len(l.queue) >= l.cfg.Queue || l.bytes+len(m.bytes) > l.cfg.QueueBytes {
		l.mu.Unlock()
		l.over(ErrQueueFull)
		return ErrQueueFull
	}
	l.queue = append(l.queue, m)
	l.bytes += len(m.bytes)
	first := len(l.queue) == 1
	l.mu.Unlock()
	if first {
		l.signal()
	}
	return nil
}

func (l *Link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// write is the link's one writer: it takes whatever is queued and sends it in
// as few TLS records as it can, until the link is over.
func (l *Link) write() {
	defer close(l.wrote)
	var batch []outgoing
	var buf []byte // grows to a record at most, on a link that needs it
	for {
		select {
		case <-l.wake:
		case <-l.done:
			return
		}
		var closing bool
		batch, closing = l.swap(batch)
		if err := l.flush(batch, &buf); err != nil {
			l.over(err)
			return
		}
		clear(batch) // the messages are garbage now
		if closing {
			return
		}
	}
}

// swap takes the queue and leaves spare, emptied, in its place.
func (l *Link) swap(spare []outgoing) (batch []outgoing, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch, l.queue, l.bytes = l.queue, spare[:0], 0
	select {
	case l.room <- struct{}{}:
	default:
	}
	return batch, l.err != nil
}

// Pace waits while the queue is more than half full, so that whoever answers
// what he reads, and calls it between two reads, takes no more from a peer than
// the peer takes back: a burst of requests must not look like a peer that does
// not read. It returns at the latest when the link is over.
func (l *Link) Pace() {
	for l.crowded() {
		select {
		case <-l.room:
		case <-l.done:
			return
		}
	}
}

func (l *Link) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err == nil && (len(l.queue) > l.cfg.Queue/2 || l.bytes > l.cfg.QueueBytes/2)
}

// flush writes a batch. A message alone goes out as it is; several are copied
// together up to a record's size, since a record and its system call cost more
// than the copy.
func (l *Link) flush(batch []outgoing, buf *[]byte) error {
	for len(batch) > 0 {
		if batch[0].last {
			return l.half()
		}
		n, size := 1, len(batch[0].bytes)
		for n < len(batch) && !batch[0].alone && !batch[n].alone && !batch[n].last && size+len(batch[n].bytes) <= record {
			size += len(batch[n].bytes)
			n++
		}
		out := batch[0].bytes
		if n > 1 {
			out = (*buf)[:0]
			for _, m := range batch[:n] {
				out = append(out, m.bytes...)
			}
			*buf = out
		}
		l.sent(batch[:n])
		if err := l.put(out); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// put writes once, under the write timeout.
func (l *Link) put(b []byte) error {
	if err := l.raw.SetWriteDeadline(time.Now().Add(l.cfg.WriteTimeout)); err != nil {
		return err
	}
	_, err := l.conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrStalled
	}
	return err
}

// sent puts messages into the transcript, just before they go: an answer can
// then never stand before its question.
func (l *Link) sent(batch []outgoing) {
	if l.cfg.Recorder == nil {
		return
	}
	now := time.Now()
	for _, m := range batch {
		l.cfg.Recorder.Message(capture.Message{
			At: now, Link: l.id, Sent: true, From: l.cfg.Local, To: l.remote,
			Src: l.local, Dst: l.far, Label: m.label, Bytes: m.bytes,
		})
	}
}

// over ends the link at once for the given reason, unless it is over already.
// It does not wait for the writer, so the writer itself may call it.
func (l *Link) over(why error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = why
	}
	l.mu.Unlock()
	l.closed.Do(func() { close(l.done) })
	l.raw.Close() // wakes a reader and a writer; nobody is left to hear its error
}

// Abort ends the link at once, without close_notify, and waits for its writer.
func (l *Link) Abort() { l.Cut(ErrAborted) }

// Cut is Abort for a reason of whoever reads the link, which Err gives.
func (l *Link) Cut(why error) {
	l.over(why)
	<-l.wrote
}

// How long and for how much Close listens to a peer that goes on sending.
const (
	lingerTime  = 250 * time.Millisecond
	lingerBytes = 256 << 10
)

// Close writes what is queued, sends close_notify, then FIN, and waits for the
// writer: at most the write timeout and a moment. Closing a link that is over
// returns why it is, unless that was Close or Abort.
func (l *Link) Close() error {
	l.mu.Lock()
	first := l.err == nil
	if first {
		l.err = ErrClosed
	}
	l.mu.Unlock()
	if !first {
		<-l.done
		<-l.wrote
		if err := l.Err(); err != ErrClosed && err != ErrAborted {
			return err
		}
		return nil
	}
	l.signal()
	stuck := time.AfterFunc(l.cfg.WriteTimeout, func() { l.raw.Close() })
	<-l.wrote
	stuck.Stop()
	l.farewell()
	l.over(ErrClosed)
	return nil
}

// farewell sends close_notify and FIN, then reads on for a moment: closing a
// socket with unread data resets the connection, and the peer would lose what
// was just written to it (a 400 before the close, most often).
func (l *Link) farewell() {
	if l.half() != nil {
		return
	}
	if l.raw.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	// Whatever this says, the link is over.
	_, _ = io.CopyN(io.Discard, l.raw, lingerBytes)
}

// half sends close_notify, then FIN.
func (l *Link) half() error {
	if err := l.conn.CloseWrite(); err != nil {
		return err
	}
	conn, ok := l.raw.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return conn.CloseWrite()
}
