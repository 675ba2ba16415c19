package link

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// window is how much one direction of a pipe holds before a writer waits: about
// what a kernel's socket buffers do, and enough that nobody waits who has a
// reader.
const window = 64 << 10

// pipe returns the two ends of an in-memory connection from one address to
// another.
func pipe(from, to netip.AddrPort) (client, server net.Conn) {
	up, down := newStream(), newStream()
	a, b := net.TCPAddrFromAddrPort(from), net.TCPAddrFromAddrPort(to)
	return &end{in: down, out: up, local: a, remote: b}, &end{in: up, out: down, local: b, remote: a}
}

// end is one end of a pipe.
type end struct {
	in, out       *stream
	local, remote net.Addr
}

func (e *end) Read(p []byte) (int, error)         { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error)        { return e.out.write(p) }
func (e *end) CloseWrite() error                  { return e.out.finish() }
func (e *end) LocalAddr() net.Addr                { return e.local }
func (e *end) RemoteAddr() net.Addr               { return e.remote }
func (e *end) SetReadDeadline(t time.Time) error  { return e.in.setDeadline(&e.in.reader, t) }
func (e *end) SetWriteDeadline(t time.Time) error { return e.out.setDeadline(&e.out.writer, t) }

func (e *end) SetDeadline(t time.Time) error {
	if err := e.SetReadDeadline(t); err != nil {
		return err
	}
	return e.SetWriteDeadline(t)
}

// Close ends both directions. What was written before can still be read by the
// other end; what this end did not read is lost.
func (e *end) Close() error {
	e.in.abandon()
	return e.out.finish()
}

// stream is one direction of a pipe.
type stream struct {
	mu        sync.Mutex
	changed   *sync.Cond
	buf       []byte
	finished  bool // the writer is done: EOF after what is left
	abandoned bool // the reader is gone
	reader    deadline
	writer    deadline
}

// deadline is one side's time limit.
type deadline struct {
	passed bool
	timer  *time.Timer
}

func newStream() *stream {
	s := &stream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.abandoned:
			return 0, net.ErrClosed
		case s.reader.passed:
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			s.buf = append(s.buf[:0], s.buf[n:]...)
			s.changed.Broadcast()
			return n, nil
		case s.finished:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		s.changed.Wait()
	}
}

func (s *stream) write(p []byte) (written int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.finished:
			return written, net.ErrClosed
		case s.abandoned:
			return written, syscall.EPIPE
		case s.writer.passed:
			return written, os.ErrDeadlineExceeded
		case len(p) == 0:
			return written, nil
		}
		if room := window - len(s.buf); room > 0 {
			n := min(room, len(p))
			s.buf = append(s.buf, p[:n]...)
			written, p = written+n, p[n:]
			s.changed.Broadcast()
			continue
		}
		s.changed.Wait()
	}
}

// finish is the writer's last word.
func (s *stream) finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	s.writer.stop()
	s.changed.Broadcast()
	return nil
}

// abandon is the reader's.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned, s.buf = true, nil
	s.reader.stop()
	s.changed.Broadcast()
}

// setDeadline moves one side's limit; the zero time lifts it.
func (s *stream) setDeadline(d *deadline, t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (d == &s.reader && s.abandoned) || (d == &s.writer && s.finished) {
		return net.ErrClosed
	}
	d.stop()
	d.passed = false
	if t.IsZero() {
		return nil
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		s.changed.Broadcast()
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.timer == timer { // not replaced meanwhile
			d.passed = true
			s.changed.Broadcast()
		}
	})
	d.timer = timer
	return nil
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
