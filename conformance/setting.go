package conformance

import "context"

// Connected runs a case on a connection of the target's partner.
func Connected(run func(context.Context, *Stand, *Peer) error) func(context.Context, *Stand) error {
	return func(ctx context.Context, s *Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return Preamble(err)
		}
		return run(ctx, s, p)
	}
}

// Talking runs a case in a call that is up, and hangs up after it.
func Talking(run func(context.Context, *Stand, *Call) error) func(context.Context, *Stand) error {
	return Connected(func(ctx context.Context, s *Stand, p *Peer) error {
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return Preamble(err)
		}
		if err := run(ctx, s, call); err != nil {
			return err
		}
		call.Hangup(ctx)
		return nil
	})
}
