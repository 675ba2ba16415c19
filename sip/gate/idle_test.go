package gate

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A peer that pings every two minutes, as RFC 5626 §4.4.1 has it, stays; one
// that says nothing at all goes, within an eighth of the limit.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer ours.Close()
		began, pongs := time.Now(), 0
		go func() {
			for range 30 {
				time.Sleep(2 * time.Minute)
				peer.Write([]byte("\r\n\r\n"))
			}
		}()
		_, err := NewReader(ours, Limits{Idle: 16 * time.Minute}, func() { pongs++ }).Next()
		if !errors.Is(err, ErrIdle) || pongs != 30 {
			t.Errorf("got %v after %d pongs", err, pongs)
		}
		if silent := time.Since(began) - time.Hour; silent < 14*time.Minute || silent > 16*time.Minute {
			t.Errorf("given up after %v of silence", silent)
		}
	})
}
