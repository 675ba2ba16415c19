package loadtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of CPU time in /proc: USER_HZ is 100 on every Linux that
// Go runs on.
const tick = 10 * time.Millisecond

// ProcessCPU is the user and system time that a process has used so far, to
// 10 ms; pid 0 is this process. Systems without /proc return an error: there
// it is not measured.
func ProcessCPU(pid int) (time.Duration, error) {
	who := "self"
	if pid != 0 {
		who = strconv.Itoa(pid)
	}
	data, err := os.ReadFile("/proc/" + who + "/stat")
	if err != nil {
		return 0, fmt.Errorf("loadtest: reading CPU time of process %s: %w", who, err)
	}
	return parseProcess(data)
}

// parseProcess reads utime and stime, fields 14 and 15 of proc_pid_stat(5).
// The name in field 2 may hold spaces and brackets, so count from its end.
func parseProcess(data []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return 0, errors.New("loadtest: a process stat line without a name")
	}
	fields := strings.Fields(string(data[end+1:])) // from field 3
	if len(fields) < 13 {
		return 0, fmt.Errorf("loadtest: a process stat line with %d fields", len(fields)+2)
	}
	var sum time.Duration
	for _, field := range fields[11:13] {
		n, err := strconv.ParseUint(field, 10, 50)
		if err != nil {
			return 0, fmt.Errorf("loadtest: CPU time %q: %w", field, err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// machine is the CPU time of all cores since boot, in ticks.
type machine struct{ busy, steal, total uint64 }

func readMachine() (machine, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machine{}, fmt.Errorf("loadtest: reading the machine's CPU time: %w", err)
	}
	return parseMachine(data)
}

// parseMachine reads the first line of proc_stat(5): cpu user nice system
// idle iowait irq softirq steal; guest time is in user already.
func parseMachine(data []byte) (machine, error) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 9 || fields[0] != "cpu" {
		return machine{}, fmt.Errorf("loadtest: /proc/stat begins with %.40q", line)
	}
	var m machine
	for i, field := range fields[1:9] {
		n, err := strconv.ParseUint(field, 10, 60)
		if err != nil {
			return machine{}, fmt.Errorf("loadtest: CPU time %q: %w", field, err)
		}
		m.total += n
		switch i {
		case 3, 4: // idle, iowait
		case 7:
			m.steal += n
		default:
			m.busy += n
		}
	}
	return m, nil
}

// OutOfResources tells whether an error blames the machine it happened on:
// files, ports, buffers or memory ran out. Such a run measured the machine.
func OutOfResources(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM, syscall.EAGAIN,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
