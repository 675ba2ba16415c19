package dns_test

import (
	"strings"
	"testing"
	"time"

	"fedge/dns"
)

// TestSetAndRemove: one zone changes, the others stay.
func TestSetAndRemove(t *testing.T) {
	server := serve(t, example)
	client := dns.NewClient(server.Addr())
	server.Set(zone(t, contoso))
	if _, err := client.A(t.Context(), "edge.contoso.example"); err != nil {
		t.Error(err)
	}
	server.Set(zone(t, strings.ReplaceAll(contoso, "203.0.113.7", "203.0.113.8")))
	found, err := client.A(t.Context(), "edge.contoso.example")
	if err != nil || len(found) != 1 || found[0].Addr.String() != "203.0.113.8" {
		t.Errorf("after the change: %v, %v", found, err)
	}
	server.Remove("CONTOSO.example.")
	_, err = client.A(t.Context(), "edge.contoso.example")
	wantKind(t, err, dns.Refused)
	if _, err := client.A(t.Context(), "px01.vc.example.com"); err != nil {
		t.Error(err)
	}
}

func TestMisbehave(t *testing.T) {
	const slow = 50 * time.Millisecond
	server := serve(t, example, contoso)
	client := &dns.Client{Servers: dns.NewClient(server.Addr()).Servers, Timeout: 150 * time.Millisecond}
	ask := func() error {
		_, err := client.A(t.Context(), "edge.contoso.example")
		return err
	}
	for _, c := range []struct {
		name      string
		behaviour dns.Behaviour
		want      dns.Kind // "": an answer
		code      string   // in the log
		tcp       bool
	}{
		{"SERVFAIL", dns.Behaviour{Code: "SERVFAIL"}, dns.ServerFailure, "SERVFAIL", false},
		{"NXDOMAIN", dns.Behaviour{Code: "NXDOMAIN"}, dns.NoSuchName, "NXDOMAIN", false},
		{"a code that is none", dns.Behaviour{Code: "SORRY"}, dns.ServerFailure, "SERVFAIL", false},
		{"silence", dns.Behaviour{Silent: true}, dns.Timeout, "", false},
		{"truncation", dns.Behaviour{Truncated: true}, "", "NOERROR", true},
		{"too late", dns.Behaviour{Delay: time.Minute}, dns.Timeout, "NOERROR", false},
		{"late", dns.Behaviour{Delay: slow}, "", "NOERROR", false},
		{"late over TCP", dns.Behaviour{Delay: slow / 5, Truncated: true}, "", "NOERROR", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.Misbehave("Contoso.example", c.behaviour)
			began := time.Now()
			if err := ask(); c.want != "" {
				wantKind(t, err, c.want)
			} else if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && time.Since(began) < c.behaviour.Delay {
				t.Errorf("answered after %s", time.Since(began))
			}
			asked := server.Asked("contoso.example")
			if last := asked[len(asked)-1]; last.Code != c.code || last.TCP != c.tcp {
				t.Errorf("the log has %+v", last)
			}
			if _, err := client.A(t.Context(), "px01.vc.example.com"); err != nil {
				t.Errorf("another zone: %v", err)
			}
		})
	}
	server.Misbehave("contoso.example", dns.Behaviour{})
	if err := ask(); err != nil {
		t.Errorf("well again: %v", err)
	}
}

// TestMisbehaviourOfOneName: the longest name rules, and Remove forgets.
func TestMisbehaviourOfOneName(t *testing.T) {
	server := serve(t, example)
	client := dns.NewClient(server.Addr())
	server.Misbehave("vc.example.com", dns.Behaviour{Code: "REFUSED"})
	server.Misbehave("px01.vc.example.com", dns.Behaviour{Code: "SERVFAIL"})
	_, err := client.A(t.Context(), "sip.vc.example.com")
	wantKind(t, err, dns.Refused)
	_, err = client.A(t.Context(), "px01.vc.example.com")
	wantKind(t, err, dns.ServerFailure)
	server.Remove("vc.example.com")
	server.Set(zone(t, example))
	if _, err = client.A(t.Context(), "sip.vc.example.com"); err != nil {
		t.Error(err)
	}
}

// TestAskedBelow: the log is filtered by names, whatever their case.
func TestAskedBelow(t *testing.T) {
	server := serve(t, example, contoso)
	client := dns.NewClient(server.Addr())
	for _, name := range []string{"vc.example.com", "px01.vc.example.com", "notcontoso.example", "EDGE.contoso.example"} {
		_, _ = client.A(t.Context(), name) // some of them do not exist
	}
	for _, c := range []struct {
		below []string
		want  int
	}{
		{nil, 4},
		{[]string{"Contoso.example."}, 1},
		{[]string{"edge.contoso.example"}, 1},
		{[]string{"vc.example.com"}, 2},
		{[]string{"px01.vc.example.com", "contoso.example"}, 2},
		{[]string{"example.org"}, 0},
	} {
		if asked := server.Asked(c.below...); len(asked) != c.want {
			t.Errorf("below %v: %v, want %d", c.below, asked, c.want)
		}
	}
}
