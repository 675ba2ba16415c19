package edge

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fedge/mutant"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// refused is the far end's word on the call. Only 503 speaks of the server alone
// and sends us on to another (RFC 3263 §4.3). Nothing makes us go where a 3xx
// points, which need not be the partner's own, nor answer the challenge of a
// 401 or 407: there is nobody to whom this node would show a password.
func (c *call) refused(m *stack.Message) (again bool, err error) {
	failure := &Failure{Stage: StageSIP, Status: m.Status(),
		Err: fmt.Errorf("%s refused the call: %d %s", c.dialog.Link().Remote(), m.Status(), printable(m.Reason()))}
	if m.Status() == 503 {
		failure.retryAfter = seconds(m.Header("Retry-After"))
	}
	if m.Status() == 422 {
		failure.minSE = seconds(m.Header("Min-SE"))
	}
	switch host, _ := stack.ParseAddress(m.Header("Contact")); {
	case mutant.On("log.raw"):
		failure.Err = errors.New(m.Reason())
	case mutant.On("map.all-500"):
		failure.Status = 500
	case mutant.On("rt.follow-3xx") && m.Status()/100 == 3:
		_ = c.edge.connect(c.edge.life, host.URI.Host, func(*link.Link) (bool, error) { return false, nil })
	case mutant.On("rt.follow-blind") && m.Status()/100 == 3:
		_ = c.edge.connect(c.edge.life, host.URI.Host, func(l *link.Link) (bool, error) {
			who := "<sip:ben@" + host.URI.Host + ">"
			_, err := c.edge.stack.Invite(c.edge.life, l, stack.Outgoing{URI: who[1 : len(who)-1], From: "<sip:a@" + c.edge.node.Name + ">", To: who, Contact: c.contact})
			return false, err
		})
	}
	return m.Status() == 503 && !mutant.On("dns.no-503-failover") || mutant.On("dns.failover-any"), failure
}

// seconds reads a Retry-After; a comment and parameters may follow (RFC 3261
// §20.33). What cannot be read says nothing.
func seconds(value string) int {
	digits := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(value)
	}
	n, err := strconv.ParseUint(value[:digits], 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// challenged tells whether the far end wants a password; only a defect cares.
func (c *call) challenged(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	return ok && (failure.Status == 401 || failure.Status == 407)
}
