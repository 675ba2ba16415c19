package conformance

import (
	"context"
	"fmt"
	"os"
	"time"

	"fedge/certs"
)

// Another is a partner with a name and a certificate of its own that nobody has
// heard of, neither before nor in DNS: enough to be let in, no more.
func (s *Stand) Another() (Identity, error) {
	domain := s.Domain()
	host := "sip." + domain
	certificate, err := s.Issue(certs.Request{CommonName: host, Names: []string{host}})
	return Identity{Domain: domain, Host: host, Certificate: certificate}, err
}

// Wait lets time pass, for something that must not happen meanwhile.
func (s *Stand) Wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("conformance: %w", context.Cause(ctx))
	}
}

// Dir is a directory for the case's files; it goes with the case.
func (s *Stand) Dir() (string, error) {
	dir, err := os.MkdirTemp("", "fedge-case-")
	if err != nil {
		return "", fmt.Errorf("conformance: %w", err)
	}
	s.after(func() { os.RemoveAll(dir) })
	return dir, nil
}

// Patience is how long one expected step of the target's may take.
func (t Target) Patience() time.Duration { return t.step() }
