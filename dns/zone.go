package dns

import (
	"errors"
)

// Zone is what a server is authoritative for. It does not change once parsed.
type Zone struct {
	origin string
}

// ParseZone reads a zone in BIND's text form (RFC 1035 §5). Its origin is the
// owner of its SOA record; $INCLUDE is not followed.
func ParseZone(text string) (*Zone, error) { return nil, errors.New("not yet") }

// Origin is the domain at the zone's apex.
func (z *Zone) Origin() string { return z.origin }
