package edge

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sparing logs what strangers can cause, at most so many lines a second, and
// says how many it kept back: whoever connects must not be able to fill a disk.
type sparing struct {
	log *slog.Logger

	mu      sync.Mutex
	second  time.Time
	written int
	kept    int // back, since the last line
}

// linesPerSecond bounds what a sparing logger writes.
const linesPerSecond = 10

func (s *sparing) info(text string, args ...any) { s.write(s.log, slog.LevelInfo, text, args...) }

func (s *sparing) error(text string, args ...any) { s.write(s.log, slog.LevelError, text, args...) }

// write puts the line into a log that says more than the usual one.
func (s *sparing) write(log *slog.Logger, level slog.Level, text string, args ...any) {
	kept, ok := s.allow(time.Now())
	if !ok {
		return
	}
	if kept > 0 {
		args = append(args, "kept_back", kept)
	}
	log.Log(context.Background(), level, text, args...)
}

// allow tells whether a line may be written now, and how many were kept back
// before it.
func (s *sparing) allow(now time.Time) (kept int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.second) >= time.Second {
		s.second, s.written = now, 0
	}
	if s.written == linesPerSecond {
		s.kept++
		return 0, false
	}
	s.written++
	kept, s.kept = s.kept, 0
	return kept, true
}
