package loadtest

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// alarm wakes its goroutine at a planned time. Go's timers are up to a
// millisecond late on a machine that is otherwise idle, since epoll_wait counts
// in those; a timerfd is read through the same poller and is not.
type alarm struct {
	file    *os.File // nil: Go's timers will have to do
	conn    syscall.RawConn
	expired [8]byte
	coarse
}

// newAlarm may be used by one goroutine at a time. fake is for tests on a fake
// clock, which only Go's timers follow.
func newAlarm(fake bool) *alarm {
	a := &alarm{coarse: newCoarse()}
	if fake {
		return a
	}
	const monotonic, flags = 1, syscall.O_NONBLOCK | syscall.O_CLOEXEC // timerfd_create(2)
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, flags, 0)
	if errno != 0 {
		return a
	}
	file := os.NewFile(fd, "timerfd")
	conn, err := file.SyscallConn()
	if err != nil || file.SetReadDeadline(time.Time{}) != nil { // the poller does not take it
		file.Close()
		return a
	}
	a.file, a.conn = file, conn
	return a
}

// heed lets a context end the sleep that it is passed to as well; call what it
// returns when there is no more sleep to come.
func (a *alarm) heed(ctx context.Context) func() bool {
	return context.AfterFunc(ctx, func() {
		if a.file != nil {
			a.file.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // it took the zero time before
		}
	})
}

// sleep until the given time; it returns the time it then is, and false when
// the context was done first.
func (a *alarm) sleep(ctx context.Context, until time.Time) (time.Time, bool) {
	if a.file == nil {
		return a.coarse.sleep(ctx, until)
	}
	now := time.Now()
	for now.Before(until) && ctx.Err() == nil {
		if err := a.set(until.Sub(now)); err != nil {
			return a.coarse.sleep(ctx, until)
		}
		_, err := a.file.Read(a.expired[:])
		if now = time.Now(); err != nil && ctx.Err() == nil {
			return a.coarse.sleep(ctx, until)
		}
	}
	return now, ctx.Err() == nil
}

// set the timer to go off once, after d.
func (a *alarm) set(d time.Duration) error {
	spec := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(d.Nanoseconds())}
	var errno syscall.Errno
	err := a.conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	})
	if err == nil && errno != 0 {
		err = fmt.Errorf("loadtest: setting a timer: %w", errno)
	}
	return err
}

func (a *alarm) close() {
	if a.file != nil {
		a.file.Close() //nolint:errcheck // nothing was written to it
	}
	a.coarse.close()
}
