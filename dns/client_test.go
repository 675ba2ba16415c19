package dns_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rr "github.com/miekg/dns"

	"fedge/dns"
)

// peer is a name server that answers each datagram as a test wants it to: with
// these packets.
func peer(t *testing.T, reply func(query *rr.Msg) [][]byte) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-gone })
	go func() {
		defer close(gone)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			query := new(rr.Msg)
			if query.Unpack(buf[:n]) != nil {
				continue
			}
			for _, packet := range reply(query) {
				_, _ = conn.WriteToUDPAddrPort(packet, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// code answers everything with one response code.
func code(t *testing.T, rcode int) netip.AddrPort {
	return peer(t, func(q *rr.Msg) [][]byte { return [][]byte{pack(t, new(rr.Msg).SetRcode(q, rcode))} })
}

// silent takes questions and says nothing.
func silent(t *testing.T) netip.AddrPort {
	return peer(t, func(*rr.Msg) [][]byte { return nil })
}

// closed is an address where nobody is.
func closed(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func pack(t *testing.T, m *rr.Msg) []byte {
	out, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return out
}

func record(t *testing.T, text string) rr.RR {
	record, err := rr.NewRR(text)
	if err != nil {
		t.Error(err)
	}
	return record
}

func TestKinds(t *testing.T) {
	own := serve(t, example, contoso).Addr()
	for _, c := range []struct {
		name   string
		server netip.AddrPort
		host   string
		want   dns.Kind
		says   string
	}{
		{"a name that does not exist", own, "px09.vc.example.com", dns.NoSuchName, "NXDOMAIN"},
		{"a name without an address", own, "text.vc.example.com", dns.NoData, "no such record"},
		{"a name that only has names below it", own, "_tcp.vc.example.com", dns.NoData, "no such record"},
		{"an alias to nothing", own, "dangling.vc.example.com", dns.NoSuchName, "alias that leads to nothing.vc.example.com"},
		{"an alias of itself", own, "circle.vc.example.com", dns.ServerFailure, "circle"},
		{"too many aliases", own, "c0.vc.example.com", dns.ServerFailure, "more than 8 aliases"},
		{"not its domain", own, "www.elsewhere.example", dns.Refused, "REFUSED"},
		{"SERVFAIL", code(t, rr.RcodeServerFailure), "a.example", dns.ServerFailure, "SERVFAIL"},
		{"REFUSED", code(t, rr.RcodeRefused), "a.example", dns.Refused, "REFUSED"},
		{"NOTIMP", code(t, rr.RcodeNotImplemented), "a.example", dns.ServerFailure, "NOTIMP"},
		{"silence", silent(t), "a.example", dns.Timeout, "in time"},
		{"nobody there", closed(t), "a.example", dns.Unreachable, "cannot be reached"},
		{"an empty name", own, "", dns.BadName, "not a domain name"},
		{"a name with a space", own, "px 01.example", dns.BadName, "not a domain name"},
		{"a name with an empty label", own, "px01..example", dns.BadName, "not a domain name"},
		{"a label that is too long", own, strings.Repeat("x", 64) + ".example", dns.BadName, "not a domain name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := dns.NewClient(c.server)
			client.Timeout = 10 * time.Second
			if c.want == dns.Timeout {
				client.Timeout = 20 * time.Millisecond
			}
			_, err := client.Addresses(t.Context(), c.host)
			why := wantKind(t, err, c.want)
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q does not say %q", err, c.says)
			}
			if why.Name != c.host || why.Type != "A" {
				t.Errorf("it is about %s %s", why.Type, why.Name)
			}
			if c.want != dns.BadName && why.Server != c.server.String() {
				t.Errorf("server %q, want %q", why.Server, c.server)
			}
		})
	}
	_, err := new(dns.Client).Addresses(t.Context(), "a.example")
	wantKind(t, err, dns.Unreachable)
}

func TestAliases(t *testing.T) {
	client := dns.NewClient(serve(t, example, contoso).Addr())
	for _, c := range []struct{ name, host, want string }{
		{"in its zone", "alias.vc.example.com", "198.51.100.40"},
		{"into another zone", "far.vc.example.com", "203.0.113.7"},
		{"as many as are allowed", "c1.vc.example.com", "198.51.100.40"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := client.Addresses(t.Context(), c.host)
			if err != nil || found[0].Addr.String() != c.want {
				t.Errorf("%v, %v; want %s", found, err, c.want)
			}
		})
	}
	target, err := client.CNAME(t.Context(), "Far.vc.example.com.")
	if err != nil || target != "edge.contoso.example" {
		t.Errorf("CNAME %q, %v", target, err)
	}
	_, err = client.CNAME(t.Context(), "px01.vc.example.com")
	wantKind(t, err, dns.NoData)
}

// TestAliasElsewhere: a server that knows an alias need not know its target.
func TestAliasElsewhere(t *testing.T) {
	server := peer(t, func(q *rr.Msg) [][]byte {
		reply := new(rr.Msg).SetReply(q)
		switch q.Question[0].Name {
		case "www.example.":
			reply.Answer = []rr.RR{record(t, "www.example. CNAME host.elsewhere.example.")}
		case "host.elsewhere.example.":
			reply.Answer = []rr.RR{record(t, "HOST.elsewhere.example. A 192.0.2.1")}
		}
		return [][]byte{pack(t, reply)}
	})
	found, err := dns.NewClient(server).A(t.Context(), "www.example")
	if err != nil || len(found) != 1 || found[0].Addr.String() != "192.0.2.1" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestAddressKinds(t *testing.T) {
	client := dns.NewClient(serve(t, example).Addr())
	for host, want := range map[string]string{
		"six.vc.example.com":  "2001:db8::1",
		"both.vc.example.com": "198.51.100.40",
	} {
		found, err := client.Addresses(t.Context(), host)
		if err != nil || len(found) != 1 || found[0].Addr.String() != want {
			t.Errorf("%s: %v, %v; want %s", host, found, err, want)
		}
	}
	six, err := client.AAAA(t.Context(), "both.vc.example.com")
	if err != nil || len(six) != 1 || six[0].Addr.String() != "2001:db8::2" {
		t.Errorf("AAAA %v, %v", six, err)
	}
}

func TestTruncationGoesToTCP(t *testing.T) {
	var text strings.Builder
	text.WriteString(contoso)
	for i := range 200 {
		fmt.Fprintf(&text, "many 60 IN A 203.0.113.%d\n", i)
	}
	server := serve(t, text.String())
	found, err := dns.NewClient(server.Addr()).A(t.Context(), "many.contoso.example")
	if err != nil || len(found) != 200 {
		t.Fatalf("%d records, %v", len(found), err)
	}
	var over []bool
	for _, q := range server.Asked() {
		over = append(over, q.TCP)
	}
	if !slices.Equal(over, []bool{false, true}) {
		t.Errorf("asked over TCP: %v, want UDP and then TCP", over)
	}
}

func TestNextServer(t *testing.T) {
	good := serve(t, example)
	for name, first := range map[string]netip.AddrPort{
		"after SERVFAIL": code(t, rr.RcodeServerFailure),
		"after REFUSED":  code(t, rr.RcodeRefused),
		"after nobody":   closed(t),
		"after silence":  silent(t),
	} {
		t.Run(name, func(t *testing.T) {
			client := dns.NewClient(first, good.Addr())
			client.Timeout, client.Rounds = 100*time.Millisecond, 20 // a busy machine may be late
			if _, err := client.A(t.Context(), "sip.vc.example.com"); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("no is an answer", func(t *testing.T) {
		before := len(good.Asked())
		_, err := dns.NewClient(code(t, rr.RcodeNameError), good.Addr()).A(t.Context(), "sip.vc.example.com")
		wantKind(t, err, dns.NoSuchName)
		if len(good.Asked()) != before {
			t.Error("the second server was asked what the first had answered")
		}
	})
}

// TestSilentServerIsAskedAgain: datagrams get lost.
func TestSilentServerIsAskedAgain(t *testing.T) {
	asked := 0
	server := peer(t, func(q *rr.Msg) [][]byte {
		if asked++; asked == 1 {
			return nil
		}
		reply := new(rr.Msg).SetReply(q)
		reply.Answer = []rr.RR{record(t, q.Question[0].Name+" A 192.0.2.1")}
		return [][]byte{pack(t, reply)}
	})
	client := dns.NewClient(server)
	client.Timeout, client.Rounds = 100*time.Millisecond, 20 // a busy machine may be late
	if _, err := client.A(t.Context(), "a.example"); err != nil {
		t.Error(err)
	}
}

// TestForeignDatagrams: what is not the answer to the question is not believed.
func TestForeignDatagrams(t *testing.T) {
	server := peer(t, func(q *rr.Msg) [][]byte {
		answer := func(change func(*rr.Msg)) []byte {
			m := new(rr.Msg).SetReply(q)
			m.Answer = []rr.RR{record(t, q.Question[0].Name+" A 203.0.113.66")}
			change(m)
			return pack(t, m)
		}
		right := answer(func(m *rr.Msg) { m.Answer = []rr.RR{record(t, q.Question[0].Name+" A 192.0.2.1")} })
		return [][]byte{
			{},
			{0},
			answer(func(m *rr.Msg) { m.Id++ }),
			answer(func(m *rr.Msg) { m.Response = false }),
			answer(func(m *rr.Msg) { m.Question[0].Name = "b.example." }),
			answer(func(m *rr.Msg) { m.Question[0].Qtype = rr.TypeTXT }),
			answer(func(m *rr.Msg) { m.Question = nil }),
			right,
		}
	})
	found, err := dns.NewClient(server).A(t.Context(), "a.example")
	if err != nil || len(found) != 1 || found[0].Addr.String() != "192.0.2.1" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestNonsense(t *testing.T) {
	for name, reply := range map[string]func(q *rr.Msg) []byte{
		"cut off": func(q *rr.Msg) []byte {
			m := new(rr.Msg).SetReply(q)
			m.Answer = []rr.RR{record(t, "a.example. A 192.0.2.1")}
			return pack(t, m)[:40]
		},
		"a referral": func(q *rr.Msg) []byte {
			m := new(rr.Msg).SetReply(q)
			m.Ns = []rr.RR{record(t, "example. NS ns.example.")}
			return pack(t, m)
		},
		"records of another name": func(q *rr.Msg) []byte {
			m := new(rr.Msg).SetReply(q)
			m.Answer = []rr.RR{record(t, "b.example. A 192.0.2.1")}
			return pack(t, m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := dns.NewClient(peer(t, func(q *rr.Msg) [][]byte { return [][]byte{reply(q)} }))
			_, err := client.A(t.Context(), "a.example")
			if name == "records of another name" {
				wantKind(t, err, dns.NoData)
				return
			}
			wantKind(t, err, dns.ServerFailure)
		})
	}
}

// TestCutShortOverTCP: a server that truncates over TCP as well has no answer.
func TestCutShortOverTCP(t *testing.T) {
	listener, datagrams, err := dns.Listen(loopback)
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	cut := func(message []byte) []byte {
		query := new(rr.Msg)
		if err := query.Unpack(message); err != nil {
			t.Error(err)
		}
		reply := new(rr.Msg).SetReply(query)
		reply.Truncated = true
		return pack(t, reply)
	}
	done := make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 512)
		n, from, err := datagrams.ReadFromUDPAddrPort(buf)
		if err == nil {
			_, _ = datagrams.WriteToUDPAddrPort(cut(buf[:n]), from)
		}
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var size [2]byte
		_, _ = io.ReadFull(conn, size[:])
		message := make([]byte, binary.BigEndian.Uint16(size[:]))
		_, _ = io.ReadFull(conn, message)
		reply := cut(message)
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
	}()
	_, err = dns.NewClient(at).A(t.Context(), "a.example")
	why := wantKind(t, err, dns.ServerFailure)
	if !strings.Contains(why.Error(), "cut short") {
		t.Errorf("it says %q", why)
	}
	_ = listener.Close()
	_ = datagrams.Close()
	<-done
	<-done
}

func TestContext(t *testing.T) {
	because := errors.New("the caller hung up")
	asked := make(chan struct{}, 8)
	server := peer(t, func(*rr.Msg) [][]byte { asked <- struct{}{}; return nil })
	client := dns.NewClient(server)
	client.Timeout = time.Hour

	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		cancel(because)
	}()
	_, err := client.SRV(ctx, "a.example")
	wantKind(t, err, dns.Timeout)
	if !errors.Is(err, because) {
		t.Errorf("error %v lost its cause", err)
	}

	_, err = client.SRV(ctx, "a.example")
	wantKind(t, err, dns.Timeout)
	if len(asked) != 0 {
		t.Error("a question went out after the context was done")
	}
}

// TestAbsolute: a name is asked as it is, without any search suffix.
func TestAbsolute(t *testing.T) {
	server := serve(t, example)
	client := dns.NewClient(server.Addr())
	_, err := client.A(t.Context(), "px01")
	wantKind(t, err, dns.Refused)
	for _, q := range server.Asked() {
		if q.Name != "px01" || q.Type != "A" || q.Code != "REFUSED" || q.At.IsZero() || q.From.Addr() != loopback.Addr() {
			t.Errorf("asked: %+v", q)
		}
	}
	if len(server.Asked()) != 1 {
		t.Errorf("%d questions", len(server.Asked()))
	}
}

func TestSystem(t *testing.T) {
	for _, c := range []struct {
		name, conf string
		want       []string
		says       string
	}{
		{"usual", "# comment\nsearch corp.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\noptions ndots:5\n", []string{"192.0.2.53:53", "[2001:db8::53]:53"}, ""},
		{"zone", "nameserver fe80::1%eth0\n", []string{"[fe80::1%eth0]:53"}, ""},
		{"no server", "search corp.example\n", nil, "--resolver"},
		{"a name", "nameserver ns.example\n", nil, "ns.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "resolv.conf")
			if err := os.WriteFile(file, []byte(c.conf), 0o600); err != nil {
				t.Fatal(err)
			}
			client, err := dns.FromFile(file)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("error %v, want one that says %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range client.Servers {
				got = append(got, s.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("servers %v, want %v", got, c.want)
			}
		})
	}
	if _, err := dns.FromFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestAuthoritative: who is to have the zone itself is not believed otherwise.
func TestAuthoritative(t *testing.T) {
	t.Parallel()
	for _, authoritative := range []bool{true, false} {
		client := dns.NewClient(peer(t, func(q *rr.Msg) [][]byte {
			m := new(rr.Msg).SetReply(q)
			m.Authoritative, m.RecursionAvailable = authoritative, true
			m.Answer = []rr.RR{record(t, q.Question[0].Name+" A 198.51.100.40")}
			return [][]byte{pack(t, m)}
		}))
		client.Authoritative = true
		_, err := client.A(t.Context(), "px01.vc.example.com")
		var why *dns.Error
		if authoritative != (err == nil) || err != nil && (!errors.As(err, &why) || why.Kind != dns.NotItsZone) {
			t.Errorf("authoritative %t: %v", authoritative, err)
		}
	}
}

// TestNS: a zone's own servers stand at its apex.
func TestNS(t *testing.T) {
	t.Parallel()
	server, err := dns.Serve(t.Context(), loopback, zone(t, example))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := dns.NewClient(server.Addr())
	if hosts, err := client.NS(t.Context(), "vc.example.com"); err != nil || !slices.Equal(hosts, []string{"ns.vc.example.com"}) {
		t.Errorf("%q, %v", hosts, err)
	}
	var why *dns.Error
	if hosts, err := client.NS(t.Context(), "sip.vc.example.com"); !errors.As(err, &why) || why.Kind != dns.NoData {
		t.Errorf("inside the zone: %q, %v", hosts, err)
	}
}

// TestAbsence: how long it may be remembered that there is nothing is the TTL
// of the SOA or its minimum, whichever is lower; without SOA, no time at all
// (RFC 2308 §5).
func TestAbsence(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		soa  string
		want time.Duration
	}{
		"the minimum is lower":   {rr.RcodeNameError, "example. 300 SOA ns hostmaster 1 3600 600 86400 60", time.Minute},
		"the TTL is lower":       {rr.RcodeSuccess, "example. 30 SOA ns hostmaster 1 3600 600 86400 60", 30 * time.Second},
		"not to be remembered":   {rr.RcodeNameError, "example. 300 SOA ns hostmaster 1 3600 600 86400 0", 0},
		"without SOA, no name":   {rr.RcodeNameError, "", 0},
		"without SOA, no record": {rr.RcodeSuccess, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := peer(t, func(q *rr.Msg) [][]byte {
				m := new(rr.Msg).SetRcode(q, c.code)
				m.Authoritative = true
				if c.soa != "" {
					m.Ns = []rr.RR{record(t, c.soa)}
				}
				return [][]byte{pack(t, m)}
			})
			_, err := dns.NewClient(server).SRV(t.Context(), "_sipfederationtls._tcp.a.example")
			why, ok := errors.AsType[*dns.Error](err)
			if !ok || why.Absence != c.want {
				t.Errorf("%v: %v, want %v", err, why, c.want)
			}
		})
	}
}
