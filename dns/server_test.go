package dns_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	rr "github.com/miekg/dns"

	"fedge/dns"
)

func TestRoundRobin(t *testing.T) {
	client := dns.NewClient(serve(t, example).Addr())
	var first []string
	for range 4 {
		found, err := client.A(t.Context(), "sip.vc.example.com")
		if err != nil || len(found) != 2 {
			t.Fatalf("%v, %v", found, err)
		}
		first = append(first, found[0].Addr.String())
	}
	if want := []string{"198.51.100.40", "198.51.100.41", "198.51.100.40", "198.51.100.41"}; !slices.Equal(first, want) {
		t.Errorf("first addresses %v, want %v", first, want)
	}
}

func TestReplace(t *testing.T) {
	server := serve(t, example)
	client := dns.NewClient(server.Addr())
	name := dns.FederationName("vc.example.com")
	if _, err := client.SRV(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(example, "_sipfederationtls._tcp 3600 IN SRV 1 100 5061", "_sipfederationtls._tcp 3600 IN SRV 1 100 5060", 1)
	server.Replace(zone(t, broken))
	srv, err := client.SRV(t.Context(), name)
	if err != nil || srv[0].Port != 5060 {
		t.Errorf("after the change: %v, %v", srv, err)
	}
	server.Replace(zone(t, contoso))
	_, err = client.SRV(t.Context(), name)
	wantKind(t, err, dns.Refused)
	server.Replace()
	_, err = client.A(t.Context(), "edge.contoso.example")
	wantKind(t, err, dns.Refused)
}

func TestDeepestZoneAnswers(t *testing.T) {
	parent := "$ORIGIN example.com.\n@ 60 IN SOA ns hostmaster 1 3600 600 86400 60\nsip.vc 60 IN A 203.0.113.1\nwww 60 IN A 203.0.113.2\n"
	client := dns.NewClient(serve(t, parent, example).Addr())
	found, err := client.A(t.Context(), "px01.vc.example.com")
	if err != nil || found[0].Addr.String() != "198.51.100.40" {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := client.A(t.Context(), "www.example.com"); err != nil {
		t.Error(err)
	}
}

// TestSamePort: port 0 becomes one number for both transports.
func TestSamePort(t *testing.T) {
	server := serve(t, example)
	if server.Addr().Port() == 0 {
		t.Fatal("no port")
	}
	for _, network := range []string{"udp", "tcp"} {
		client := &rr.Client{Net: network}
		reply, _, err := client.ExchangeContext(t.Context(), new(rr.Msg).SetQuestion("PX01.vc.example.com.", rr.TypeA), server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if !reply.Authoritative || reply.RecursionAvailable || len(reply.Answer) != 1 {
			t.Errorf("%s: %v", network, reply)
		}
	}
}

func TestPortInUse(t *testing.T) {
	server := serve(t, example)
	_, err := dns.Serve(t.Context(), server.Addr())
	if err == nil || !strings.Contains(err.Error(), server.Addr().String()) {
		t.Errorf("error %v, want one that names %s", err, server.Addr())
	}
	taken, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback)) // free for TCP
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := dns.Serve(t.Context(), taken.LocalAddr().(*net.UDPAddr).AddrPort()); err == nil {
		t.Error("half a server was started")
	}
}

func TestAnswers(t *testing.T) {
	server := serve(t, example, contoso)
	question := func(name string, kind uint16) *rr.Msg { return new(rr.Msg).SetQuestion(name, kind) }
	for _, c := range []struct {
		name   string
		query  *rr.Msg
		code   int
		answer int
		aa     bool
		soa    bool
	}{
		{"a record", question("sip.vc.example.com.", rr.TypeA), rr.RcodeSuccess, 2, true, false},
		{"none of this type", question("sip.vc.example.com.", rr.TypeMX), rr.RcodeSuccess, 0, true, true},
		{"no such name", question("px09.vc.example.com.", rr.TypeA), rr.RcodeNameError, 0, true, true},
		{"an alias to nothing", question("dangling.vc.example.com.", rr.TypeA), rr.RcodeNameError, 1, true, true},
		{"an alias into another zone", question("far.vc.example.com.", rr.TypeA), rr.RcodeSuccess, 2, true, false},
		{"everything", question("both.vc.example.com.", rr.TypeANY), rr.RcodeSuccess, 2, true, false},
		{"apex", question("vc.example.com.", rr.TypeSOA), rr.RcodeSuccess, 1, true, false},
		{"not our zone", question("vc.example.org.", rr.TypeA), rr.RcodeRefused, 0, false, false},
		{"a dot inside a label", question(`x\.vc.example.com.`, rr.TypeA), rr.RcodeRefused, 0, false, false},
		{"a transfer", question("vc.example.com.", rr.TypeAXFR), rr.RcodeRefused, 0, false, false},
		{"another class", &rr.Msg{MsgHdr: rr.MsgHdr{Id: 7}, Question: []rr.Question{{Name: "sip.vc.example.com.", Qtype: rr.TypeA, Qclass: rr.ClassCHAOS}}}, rr.RcodeRefused, 0, false, false},
		{"a notify", &rr.Msg{MsgHdr: rr.MsgHdr{Id: 7, Opcode: rr.OpcodeNotify}, Question: question("vc.example.com.", rr.TypeSOA).Question}, rr.RcodeNotImplemented, 0, false, false},
		{"two questions", &rr.Msg{MsgHdr: rr.MsgHdr{Id: 7}, Question: append(question("a.", rr.TypeA).Question, question("b.", rr.TypeA).Question...)}, rr.RcodeFormatError, 0, false, false},
		{"no question", &rr.Msg{MsgHdr: rr.MsgHdr{Id: 7}}, rr.RcodeFormatError, 0, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, _, err := new(rr.Client).ExchangeContext(t.Context(), c.query, server.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if reply.Rcode != c.code || len(reply.Answer) != c.answer || reply.Authoritative != c.aa || (len(reply.Ns) == 1) != c.soa {
				t.Errorf("answer:\n%v", reply)
			}
		})
	}
}

func TestEDNS(t *testing.T) {
	var text strings.Builder
	text.WriteString(contoso)
	for i := range 60 {
		fmt.Fprintf(&text, "many 60 IN A 203.0.113.%d\n", i)
	}
	server := serve(t, text.String())
	for size, whole := range map[uint16]bool{0: false, 600: false, 4096: true} {
		query := new(rr.Msg).SetQuestion("many.contoso.example.", rr.TypeA)
		if size > 0 {
			query.SetEdns0(size, false)
		}
		reply, _, err := (&rr.Client{UDPSize: 4096}).ExchangeContext(t.Context(), query, server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if reply.Truncated == whole || (len(reply.Answer) == 60) != whole || (reply.IsEdns0() != nil) != (size > 0) {
			t.Errorf("room for %d: truncated %v, %d records, EDNS %v", size, reply.Truncated, len(reply.Answer), reply.IsEdns0())
		}
	}
}

// TestNoise: what is no question gets no answer, or a format error, and the
// next question is answered as before.
func TestNoise(t *testing.T) {
	server := serve(t, example)
	conn, err := net.Dial("udp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	response := pack(t, new(rr.Msg).SetReply(new(rr.Msg).SetQuestion("vc.example.com.", rr.TypeA)))
	for _, noise := range [][]byte{{}, {1}, make([]byte, 11), response, []byte(strings.Repeat("noise ", 1000))} {
		if _, err := conn.Write(noise); err != nil {
			t.Fatal(err)
		}
	}
	tcp, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	if _, err := tcp.Write([]byte("\x00\x05noise")); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(tcp); err != nil || len(rest) != 0 {
		t.Errorf("over TCP: %q, %v; want a clean close", rest, err)
	}
	if _, err := dns.NewClient(server.Addr()).A(t.Context(), "sip.vc.example.com"); err != nil {
		t.Error(err)
	}
	if asked := server.Asked(); len(asked) != 1 {
		t.Errorf("%d questions in the log, want 1: %v", len(asked), asked)
	}
}

// TestConnections: a crowd of idle connections is turned away and costs the
// others nothing for good.
func TestConnections(t *testing.T) {
	server := serve(t, example)
	var crowd []net.Conn
	for range 64 {
		conn, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, conn)
	}
	late, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := late.Read(make([]byte, 1)); err == nil {
		t.Error("connection 65 was served")
	}
	for _, conn := range append(crowd, late) {
		_ = conn.Close()
	}
	if _, err := dns.NewClient(server.Addr()).A(t.Context(), "sip.vc.example.com"); err != nil {
		t.Error(err)
	}
}

func TestLogIsBounded(t *testing.T) {
	server := serve(t, example)
	conn := new(rr.Conn)
	var err error
	if conn.Conn, err = net.Dial("tcp", server.Addr().String()); err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const asked = 8198
	for i := range asked {
		if err := conn.WriteMsg(new(rr.Msg).SetQuestion(fmt.Sprintf("n%d.vc.example.com.", i), rr.TypeA)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ReadMsg(); err != nil {
			t.Fatal(err)
		}
	}
	log := server.Asked()
	if len(log) != 8192 || log[0].Name != "n6.vc.example.com" || log[8191].Name != "n8197.vc.example.com" {
		t.Errorf("%d questions, from %s to %s", len(log), log[0].Name, log[len(log)-1].Name)
	}
	if !log[0].TCP || log[0].Code != "NXDOMAIN" {
		t.Errorf("log: %+v", log[0])
	}
}

// TestEnd: Close, and the end of the context, leave no socket behind.
func TestEnd(t *testing.T) {
	for name, end := range map[string]func(cancel context.CancelFunc, s *dns.Server){
		"by Close":   func(_ context.CancelFunc, s *dns.Server) { _ = s.Close() },
		"by context": func(cancel context.CancelFunc, s *dns.Server) { cancel(); _ = s.Close() },
		"twice":      func(cancel context.CancelFunc, s *dns.Server) { _ = s.Close(); cancel(); _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server, err := dns.Serve(ctx, loopback, zone(t, example))
			if err != nil {
				t.Fatal(err)
			}
			open, err := net.Dial("tcp", server.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			end(cancel, server)
			if _, err := open.Read(make([]byte, 1)); err == nil {
				t.Error("an open connection outlived the server")
			}
			if !server.Closed() {
				t.Error("a socket is still open")
			}
		})
	}
}

func TestZoneErrors(t *testing.T) {
	const soa = "$ORIGIN a.example.\n@ 60 IN SOA ns hostmaster 1 3600 600 86400 60\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "no SOA"},
		{"no SOA", "a.example. 60 IN A 192.0.2.1\n", "no SOA"},
		{"two SOAs", soa + "b 60 IN SOA ns hostmaster 1 3600 600 86400 60\n", "second SOA"},
		{"not an address", soa + "sip 60 IN A 192.0.2\n", "line: 3"},
		{"a forgotten dot", soa + "sip.b.example. 60 IN A 192.0.2.1\n", "sip.b.example lies outside"},
		{"an alias with company", soa + "x 60 IN CNAME y\nx 60 IN A 192.0.2.1\n", "x.a.example has a CNAME and other records"},
		{"two aliases", soa + "x 60 IN CNAME y\nx 60 IN CNAME z\n", "CNAME"},
		{"another class", soa + "x 60 CH A 192.0.2.1\n", ""},
		{"endless", soa + "$GENERATE 1-65535 a$ A 192.0.2.1\n", "more than 16384"},
		{"an include", soa + "$INCLUDE /etc/passwd\n", "INCLUDE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := dns.ParseZone(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if got := zone(t, example).Origin(); got != "vc.example.com" {
		t.Errorf("origin %q", got)
	}
}

// FuzzQuestion holds that no message, over either transport, stops the server.
func FuzzQuestion(f *testing.F) {
	query := new(rr.Msg).SetQuestion("sip.vc.example.com.", rr.TypeA)
	query.SetEdns0(1232, true)
	for _, seed := range []*rr.Msg{query, new(rr.Msg).SetQuestion("circle.vc.example.com.", rr.TypeA), new(rr.Msg).SetNotify("vc.example.com.")} {
		wire, err := seed.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	server := &dns.Server{}
	server.Replace(zone(f, example))
	from := netip.MustParseAddrPort("192.0.2.1:1024")
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, tcp := range []bool{false, true} {
			reply := server.Respond(message, from, tcp)
			if reply == nil {
				continue
			}
			parsed := new(rr.Msg)
			if err := parsed.Unpack(reply); err != nil {
				t.Errorf("the answer cannot be read: %v", err)
			}
			if !tcp && len(reply) > 65535 || !parsed.Response {
				t.Errorf("answer of %d bytes: %v", len(reply), parsed)
			}
		}
	})
}

// FuzzZone holds that no text stops the parser, and that what it takes can be
// asked for.
func FuzzZone(f *testing.F) {
	f.Add(example)
	f.Add(contoso)
	f.Add("$GENERATE 1-3 a$ A 192.0.2.$\n")
	f.Fuzz(func(t *testing.T, text string) {
		z, err := dns.ParseZone(text)
		if err != nil {
			return
		}
		server := &dns.Server{}
		server.Replace(z)
		query, err := new(rr.Msg).SetQuestion(rr.Fqdn(z.Origin()), rr.TypeANY).Pack()
		if err != nil {
			return
		}
		server.Respond(query, netip.AddrPort{}, true)
	})
}
