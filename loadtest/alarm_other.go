//go:build !linux

package loadtest

import "context"

// alarm wakes its goroutine at a planned time.
type alarm struct{ coarse }

func newAlarm(bool) *alarm { return &alarm{newCoarse()} }

// heed is for alarms that need to be told of a context beforehand.
func (a *alarm) heed(context.Context) func() bool { return func() bool { return true } }
