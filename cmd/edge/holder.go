package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// blame adds to "address in use" the process that is in the way, where that
// can be seen: Linux, and a process of the same user.
func blame(err error) error {
	at, ok := errors.AsType[*net.OpError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) || at.Addr == nil {
		return err
	}
	where, ok := at.Addr.(*net.TCPAddr)
	if !ok {
		return err
	}
	if name := holder(where.Port); name != "" {
		return fmt.Errorf("%w; it is held by %s", err, name)
	}
	return err
}

// holder names a process that listens on a TCP port, "NAME (pid N)", or is "".
func holder(port int) string {
	sockets := listening(port)
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*") // its only error is a bad pattern
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil && sockets[target] {
			process := filepath.Dir(filepath.Dir(file))
			name, _ := os.ReadFile(process + "/comm") // it may have ended by now
			return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), filepath.Base(process))
		}
	}
	return ""
}

// listening lists the sockets that listen on a port, as /proc/PID/fd names them.
func listening(port int) map[string]bool {
	const listens = "0A" // TCP_LISTEN (include/net/tcp_states.h)
	sockets := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			// sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && fields[3] == listens && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+fields[9]+"]"] = true
			}
		}
		f.Close()
	}
	return sockets
}
