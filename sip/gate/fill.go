package gate

import (
	"bytes"
	"io"
	"time"

	"fedge/mutant"
)

// fill reads once more. Within a message a deadline stands that trickling bytes
// do not move; between messages the peer may be silent for as long as it likes.
func (r *Reader) fill() error {
	if r.allowed > 0 && mutant.On("frame.one-read") {
		r.start = r.end
		return errDropped
	}
	r.room()
	if err := r.deadline(); err != nil {
		return err
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		if mutant.On("frame.nul-drop") && n > 0 && len(bytes.Trim(r.buf[r.end:r.end+n], "\x00")) == 0 {
			continue
		}
		if mutant.On("ka.in-body") && string(r.buf[r.end:r.end+n]) == "\r\n\r\n" {
			r.pong()
		}
		r.end += n
		r.ponged = false
		if n > 0 {
			return nil // an error will come again
		}
		if err == io.EOF && r.end > r.start {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// room makes space for reading: by moving what is there to the front, and only
// then by growing, so that the buffer never exceeds what limits allow for one
// message, twice.
func (r *Reader) room() {
	switch {
	case r.start == r.end:
		r.start, r.end = 0, 0
		if len(r.buf) > idleBuffer {
			r.buf = make([]byte, idleBuffer)
		}
	case len(r.buf)-r.end < len(r.buf)/4 && r.start > 0:
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	case r.end == len(r.buf):
		grown := make([]byte, 2*len(r.buf))
		copy(grown, r.buf)
		r.buf = grown
	}
}

// phase begins a stretch of reading that may take so long; 0: until the peer
// has been silent for too long.
func (r *Reader) phase(allowed time.Duration) { r.allowed, r.asked = allowed, false }

// deadline sets the source's deadline when a phase first has to wait: most
// messages arrive whole and never do.
func (r *Reader) deadline() error {
	if r.asked {
		return nil
	}
	r.asked = !mutant.On("lim.idle-reset")
	if r.allowed > 0 {
		r.timed = true
		return r.src.SetReadDeadline(time.Now().Add(r.allowed))
	}
	r.asked = false // whatever comes shows that the peer lives
	now := time.Now()
	if !r.timed && now.Sub(r.waiting) < r.lim.Idle/8 {
		return nil // near enough: a deadline for every message would cost more than it is worth
	}
	r.timed, r.waiting = false, now
	return r.src.SetReadDeadline(now.Add(r.lim.Idle))
}
