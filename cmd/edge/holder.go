package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
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
	if name := holder(where.AddrPort()); name != "" {
		return fmt.Errorf("%w; it is held by %s", err, name)
	}
	return err
}

// holder names the process that listens on an address, "NAME (pid N)", or is "".
func holder(where netip.AddrPort) string {
	sockets := listening(where)
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

// listening lists the sockets that listen where, or on all addresses, as
// /proc/PID/fd names them.
func listening(where netip.AddrPort) map[string]bool {
	const listens = "0A" // TCP_LISTEN (include/net/tcp_states.h)
	at := where.Addr().Unmap()
	in := []string{
		kernelForm(at, where.Port()),
		kernelForm(netip.AddrFrom16(at.As16()), where.Port()), // a v6 socket that takes v4
		kernelForm(netip.IPv4Unspecified(), where.Port()),
		kernelForm(netip.IPv6Unspecified(), where.Port()),
	}
	sockets := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			// sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && fields[3] == listens && slices.Contains(in, fields[1]) {
				sockets["socket:["+fields[9]+"]"] = true
			}
		}
		f.Close()
	}
	return sockets
}

// kernelForm is an address as /proc/net/tcp writes it: words of four bytes in
// the machine's own order, and the port, in hexadecimal (proc_pid_net(5)).
func kernelForm(at netip.Addr, port uint16) string {
	var text strings.Builder
	for word := range slices.Chunk(at.AsSlice(), 4) {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(word))
	}
	return fmt.Sprintf("%s:%04X", &text, port)
}
