package lync

import "fmt"

func (e *RefusedError) Error() string {
	return fmt.Sprintf("lync: the call was refused: %d %s", e.Status, e.Reason)
}

func (e *FailedError) Error() string {
	if e.Err != nil {
		return "lync: the call failed: " + e.Why + ": " + e.Err.Error()
	}
	return "lync: the call failed: " + e.Why
}

// Unwrap gives what happened here.
func (e *FailedError) Unwrap() error { return e.Err }
