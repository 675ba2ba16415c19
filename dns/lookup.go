package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	rr "github.com/miekg/dns"
)

// maxAliases bounds how many CNAME records are followed for one question.
const maxAliases = 8

// lookUp returns the records of one kind that name has, at least one. Aliases
// are followed, except when they are what is asked for.
func (c *Client) lookUp(ctx context.Context, name string, kind uint16) ([]rr.RR, error) {
	asked := Canonical(name)
	fail := func(why Kind, from netip.AddrPort, err error) *Error {
		return &Error{Name: asked, Type: rr.TypeToString[kind], Kind: why, Server: server(from), Err: err}
	}
	absent := func(why Kind, reply *rr.Msg, from netip.AddrPort, err error) error {
		failure := fail(why, from, err)
		failure.Absence = absence(reply)
		return failure
	}
	if _, ok := rr.IsDomainName(name); !ok || name == "" || strings.ContainsAny(name, " \t\r\n") {
		return nil, fail(BadName, netip.AddrPort{}, nil)
	}
	if len(c.Servers) == 0 {
		return nil, fail(Unreachable, netip.AddrPort{}, errors.New("no name server is configured"))
	}
	current := asked
	for steps := 0; ; {
		reply, from, why, err := c.ask(ctx, current, kind)
		if why != "" {
			return nil, fail(why, from, err)
		}
		if c.Authoritative && !reply.Authoritative {
			return nil, fail(NotItsZone, from, nil)
		}
		found, final, taken := follow(reply.Answer, current, kind)
		steps += taken
		switch {
		case steps > maxAliases:
			return nil, fail(ServerFailure, from, fmt.Errorf("more than %d aliases (CNAME), or aliases in a circle", maxAliases))
		case len(found) > 0:
			return found, nil
		case reply.Rcode == rr.RcodeNameError:
			// With aliases it is the last name that does not exist (RFC 6604 §3).
			return nil, absent(NoSuchName, reply, from, beyond(asked, final))
		case final == current && referral(reply):
			return nil, fail(ServerFailure, from, errors.New("it refers to other servers instead of answering"))
		case final == current:
			return nil, absent(NoData, reply, from, beyond(asked, final))
		}
		// The server knows the alias but not where it leads.
		current = final
	}
}

// follow finds the records of a kind for name in an answer, behind as many
// aliases as the answer has. It returns the name the aliases lead to and their
// number.
func follow(answer []rr.RR, name string, kind uint16) (found []rr.RR, final string, steps int) {
	for {
		next := ""
		for _, record := range answer {
			h := record.Header()
			if Canonical(h.Name) != name || h.Class != rr.ClassINET {
				continue
			}
			if h.Rrtype == kind {
				found = append(found, record)
			} else if alias, ok := record.(*rr.CNAME); ok {
				next = Canonical(alias.Target)
			}
		}
		if len(found) > 0 || next == "" || steps > maxAliases {
			return found, name, steps
		}
		name = next
		steps++
	}
}

// absence is how long an answer that has nothing may be kept: the TTL of the
// zone's SOA record, or that record's minimum if it is lower (RFC 2308 §5).
func absence(reply *rr.Msg) time.Duration {
	for _, record := range reply.Ns {
		if soa, ok := record.(*rr.SOA); ok {
			return min(life(soa.Hdr), time.Duration(soa.Minttl)*time.Second)
		}
	}
	return 0
}

// referral tells an answer that sends us elsewhere from one that says there is
// nothing (RFC 2308 §2.1 and §2.2).
func referral(reply *rr.Msg) bool {
	isSOA := func(record rr.RR) bool { return record.Header().Rrtype == rr.TypeSOA }
	isNS := func(record rr.RR) bool { return record.Header().Rrtype == rr.TypeNS }
	return !reply.Authoritative && !reply.RecursionAvailable &&
		slices.ContainsFunc(reply.Ns, isNS) && !slices.ContainsFunc(reply.Ns, isSOA)
}

func beyond(asked, final string) error {
	if asked == final {
		return nil
	}
	return fmt.Errorf("it is an alias that leads to %s", final)
}
