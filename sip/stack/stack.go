package stack

import (
	"context"

	"fedge/sip/link"
)

// Stack holds the transactions and dialogs of one node.
type Stack struct{}

// New returns a Stack.
func New(cfg Config) *Stack { panic("not written yet") }

// Serve reads the link until it ends and handles its messages in the order of
// their arrival. When it returns, the link is closed and its transactions are
// gone; a request that was still open is reported as LinkLost. The error is nil
// when the peer closed the link between messages or ctx was done.
func (s *Stack) Serve(ctx context.Context, l *link.Link) error { panic("not written yet") }

// Invite sends an INVITE over the link, which must be or soon be served by this
// stack. What comes of it arrives as events of the dialog.
func (s *Stack) Invite(ctx context.Context, l *link.Link, o Outgoing) (*Dialog, error) {
	panic("not written yet")
}

// Counts tells how much the stack holds.
type Counts struct{ Links, Transactions, Dialogs int }

// Counts returns the numbers of this moment, for metrics and tests.
func (s *Stack) Counts() Counts { panic("not written yet") }
