package main

import (
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"fedge/process"
)

// reloadOnHangup has the nodes read their certificates again on SIGHUP, until
// stop.
func reloadOnHangup(running *process.Process, log *slog.Logger) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var listening sync.WaitGroup
	listening.Go(func() {
		for range hangups {
			if err := running.Reload(); err != nil {
				log.Error("credentials not renewed; the old ones stay", "error", err)
			}
		}
	})
	return func() {
		signal.Stop(hangups)
		close(hangups)
		listening.Wait()
	}
}
