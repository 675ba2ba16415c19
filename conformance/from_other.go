//go:build !unix

package conformance

import "syscall"

// shared does nothing here: what it is for fails later and is told then.
func shared(_, _ string, _ syscall.RawConn) error { return nil }
