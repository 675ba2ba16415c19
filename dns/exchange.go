package dns

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	rr "github.com/miekg/dns"
)

// ask puts one question to the servers until one of them answers it: yes or no
// are answers, a failure or silence sends us on to the next. Silent servers
// are asked again in the next round. Without a Kind the reply holds.
func (c *Client) ask(ctx context.Context, name string, kind uint16) (*rr.Msg, netip.AddrPort, Kind, error) {
	var (
		from netip.AddrPort
		why  Kind
		err  error
		left = slices.Clone(c.Servers)
	)
	for range max(1, c.Rounds) {
		var silent []netip.AddrPort
		for _, from = range left {
			var reply *rr.Msg
			reply, err = c.exchange(ctx, from, name, kind)
			if ctx.Err() != nil {
				return nil, from, Timeout, context.Cause(ctx)
			}
			if why, err = judge(reply, err); why == "" {
				return reply, from, "", nil
			}
			if why == Timeout || why == Unreachable {
				silent = append(silent, from)
			}
		}
		left = silent
		if len(left) == 0 {
			break
		}
	}
	return nil, from, why, err
}

// judge turns what came of an exchange into a Kind; "" when it is an answer.
func judge(reply *rr.Msg, err error) (Kind, error) {
	switch {
	case errors.Is(err, errNonsense):
		return ServerFailure, err
	case err != nil && isTimeout(err):
		return Timeout, nil
	case err != nil:
		return Unreachable, err
	}
	switch reply.Rcode {
	case rr.RcodeSuccess, rr.RcodeNameError:
		return "", nil
	case rr.RcodeRefused:
		return Refused, nil
	case rr.RcodeServerFailure:
		return ServerFailure, nil
	}
	return ServerFailure, fmt.Errorf("it answered %s", rcode(reply.Rcode))
}

func rcode(code int) string {
	if name, ok := rr.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("RCODE%d", code)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}

// errNonsense is wrapped when a server sent something that is no answer.
var errNonsense = errors.New("its answer makes no sense")

// exchange asks one server over UDP, and over TCP when the answer did not fit
// (RFC 7766 §5).
func (c *Client) exchange(ctx context.Context, to netip.AddrPort, name string, kind uint16) (*rr.Msg, error) {
	question := new(rr.Msg)
	question.SetQuestion(rr.Fqdn(name), kind)
	reply, err := c.over(ctx, "udp", to, question)
	if err == nil && reply.Truncated {
		reply, err = c.over(ctx, "tcp", to, question)
	}
	return reply, err
}

// replyRoom is how many bytes of an answer are taken. Without EDNS a datagram
// has 512 at most (RFC 1035 §4.2.1); some servers send more.
func replyRoom(network string) int {
	if network == "udp" {
		return 4096
	}
	return rr.MaxMsgSize
}

// over asks once over one transport, for at most c.Timeout.
func (c *Client) over(ctx context.Context, network string, to netip.AddrPort, question *rr.Msg) (*rr.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, defaultTimeout))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, to.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()

	wire := &rr.Conn{Conn: conn}
	if err := wire.WriteMsg(question); err != nil {
		return nil, err
	}
	buf := make([]byte, replyRoom(network))
	for {
		n, err := wire.Read(buf)
		if err != nil {
			return nil, err
		}
		// Anybody can send us a datagram: what is not for this question is
		// ignored, not believed and not an error (RFC 5452 §9.1).
		if n < 2 || binary.BigEndian.Uint16(buf) != question.Id {
			continue
		}
		reply := new(rr.Msg)
		if err := reply.Unpack(buf[:n]); err != nil {
			return nil, fmt.Errorf("%w: %w", errNonsense, err)
		}
		if !reply.Response || len(reply.Question) != 1 || !same(reply.Question[0], question.Question[0]) {
			continue
		}
		if network == "tcp" && reply.Truncated {
			return nil, fmt.Errorf("%w: cut short even over TCP", errNonsense)
		}
		return reply, nil
	}
}

func same(a, b rr.Question) bool {
	return a.Qtype == b.Qtype && a.Qclass == b.Qclass && Canonical(a.Name) == Canonical(b.Name)
}
