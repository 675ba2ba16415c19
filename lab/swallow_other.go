//go:build !unix

package lab

import "errors"

func shortestQueue(uintptr) error { return errors.ErrUnsupported }
