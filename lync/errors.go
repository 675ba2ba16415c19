package lync

import (
	"errors"
	"fmt"
)

// ErrLinkLost is the cause of a FailedError when the link to the node went away.
var ErrLinkLost = errors.New("lync: link lost")

// RefusedError is a final refusal.
type RefusedError struct {
	Status int
	Reason string // the reason phrase
	Bytes  []byte // the whole response
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("lync: the call was refused: %d %s", e.Status, e.Reason)
}

// FailedError is a call that ended without a final response, or an order to a
// call that could not be obeyed.
type FailedError struct {
	Why string
	Err error // what happened here, or nil
}

func (e *FailedError) Error() string {
	if e.Err != nil {
		return "lync: the call failed: " + e.Why + ": " + e.Err.Error()
	}
	return "lync: the call failed: " + e.Why
}

// Unwrap gives what happened here.
func (e *FailedError) Unwrap() error { return e.Err }
