package edge

import "context"

// flight is a search that one makes while any number wait for what it finds.
type flight[T any] struct {
	landed chan struct{} // closed once the rest is there
	found  T
	err    error
	left   bool // whoever searched gave up; that says nothing about what there is
}

func newFlight[T any]() flight[T] { return flight[T]{landed: make(chan struct{})} }

// land tells those who wait what came of it.
func (f *flight[T]) land(found T, err error, left bool) {
	f.found, f.err, f.left = found, err, left
	close(f.landed)
}

// await waits for somebody else's flight. again tells that it was given up, and
// that whoever still wants to know has to begin anew.
func (f *flight[T]) await(ctx context.Context) (found T, again bool, err error) {
	select {
	case <-f.landed:
		return f.found, f.left && ctx.Err() == nil, f.err
	case <-ctx.Done():
		return found, false, context.Cause(ctx)
	}
}
