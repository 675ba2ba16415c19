package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/sip/link"
)

// authorities are a root, and an intermediate that issues, made under the
// bubble's clock.
type authorities struct {
	root, intermediate *certs.Authority
}

func newAuthorities(t *testing.T) authorities {
	t.Helper()
	root, err := certs.NewAuthority("root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	intermediate, err := root.Intermediate("intermediate")
	if err != nil {
		t.Fatal(err)
	}
	return authorities{root, intermediate}
}

func (a authorities) issue(t *testing.T, r certs.Request) tls.Certificate {
	t.Helper()
	if r.CommonName == "" {
		r.CommonName = r.Names[0]
	}
	c, err := a.intermediate.Issue(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shake does a handshake over a connection in memory and carries one byte each
// way, since with TLS 1.3 a refusal of the client comes after its handshake.
func shake(t *testing.T, server, client *tls.Config) (atServer, atClient error) {
	t.Helper()
	network := link.NewNetwork()
	addr := netip.MustParseAddrPort("198.51.100.40:5061")
	listener := network.Listen(addr)
	defer listener.Close()
	raw, err := network.Dial(t.Context(), "tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- talkOver(tls.Server(accepted, server)) }()
	atClient = talkOver(tls.Client(raw, client))
	return <-result, atClient
}

func talkOver(conn net.Conn) error {
	defer conn.Close()
	if _, err := conn.Write([]byte{1}); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err
}

func TestServerTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, strangers := newAuthorities(t), newAuthorities(t)
		server := ours.issue(t, certs.Request{Names: []string{"px01.vc.example.com"}})
		const name = "sip.contoso.example"
		good := ours.issue(t, certs.Request{Names: []string{name}})
		serverOnly := ours.issue(t, certs.Request{Names: []string{name}, ServerOnly: true})
		leafOnly := ours.issue(t, certs.Request{Names: []string{name}, LeafOnly: true})
		expired := ours.issue(t, certs.Request{Names: []string{name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
		early := ours.issue(t, certs.Request{Names: []string{name}, NotBefore: time.Now().Add(time.Hour), NotAfter: time.Now().Add(48 * time.Hour)})
		stranger := strangers.issue(t, certs.Request{Names: []string{name}})
		tests := []struct {
			name    string
			verify  bool
			version uint16
			client  *tls.Certificate
			want    bool
		}{
			{"a partner, TLS 1.3", true, tls.VersionTLS13, &good, true},
			{"a partner, TLS 1.2", true, tls.VersionTLS12, &good, true},
			{"TLS 1.1", true, tls.VersionTLS11, &good, false},
			{"no certificate, TLS 1.3", true, tls.VersionTLS13, nil, false},
			{"no certificate, TLS 1.2", true, tls.VersionTLS12, nil, false},
			{"an unknown authority", true, tls.VersionTLS13, &stranger, false},
			{"expired", true, tls.VersionTLS13, &expired, false},
			{"not yet valid", true, tls.VersionTLS13, &early, false},
			{"without clientAuth", true, tls.VersionTLS12, &serverOnly, false},
			{"without its intermediate", true, tls.VersionTLS12, &leafOnly, false},
			{"verify off: no certificate", false, tls.VersionTLS13, nil, true},
			{"verify off: an unknown authority", false, tls.VersionTLS13, &stranger, true},
			{"verify off: TLS 1.1 all the same", false, tls.VersionTLS11, &good, false},
		}
		for _, test := range tests {
			sent := false
			client := &tls.Config{
				RootCAs: ours.root.Pool(), ServerName: "px01.vc.example.com",
				MinVersion: tls.VersionTLS10, MaxVersion: test.version,
				GetClientCertificate: func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
					sent = true
					if len(request.AcceptableCAs) > 0 {
						t.Errorf("%s: the request lists authorities; a real Edge would then send no certificate", test.name)
					}
					if test.client == nil {
						return &tls.Certificate{}, nil
					}
					return test.client, nil
				},
			}
			identity := credentials{certificate: server, roots: ours.root.Pool(), verify: test.verify}
			atServer, atClient := shake(t, identity.server(), client)
			if got := atServer == nil && atClient == nil; got != test.want {
				t.Errorf("%s: server %v, client %v; want success %v", test.name, atServer, atClient, test.want)
			}
			if test.version != tls.VersionTLS11 && !sent {
				t.Errorf("%s: no client certificate was asked for", test.name)
			}
		}
	})
}

func TestClientTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, strangers := newAuthorities(t), newAuthorities(t)
		px01 := ours.issue(t, certs.Request{Names: []string{"px01.vc.example.com"}})
		const host, domain = "sip.contoso.example", "contoso.example"
		issue := func(r certs.Request) tls.Certificate { return ours.issue(t, r) }
		tests := []struct {
			name   string
			server tls.Certificate
			want   bool
		}{
			{"the host that DNS named", issue(certs.Request{Names: []string{host}}), true},
			{"the SIP domain", issue(certs.Request{CommonName: "x", Names: []string{domain}}), true},
			{"the common name while there are other names", issue(certs.Request{CommonName: host, Names: []string{"other.example"}}), false},
			{"the common name alone", issue(certs.Request{CommonName: host}), true},
			{"another host", issue(certs.Request{Names: []string{"sip.adatum.example"}}), false},
			{"a wildcard", issue(certs.Request{CommonName: "x", Names: []string{"*.contoso.example"}}), false},
			{"an unknown authority", strangers.issue(t, certs.Request{Names: []string{host}}), false},
			{"its intermediate left out", issue(certs.Request{Names: []string{host}, LeafOnly: true}), false},
			{"expired", issue(certs.Request{Names: []string{host}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}), false},
		}
		for _, test := range tests {
			var seen []*x509.Certificate
			var sni string
			server := &tls.Config{
				Certificates: []tls.Certificate{test.server},
				ClientAuth:   tls.RequestClientCert,
				ClientCAs:    strangers.root.Pool(), // a list that our certificate is not on
				VerifyConnection: func(state tls.ConnectionState) error {
					seen, sni = state.PeerCertificates, state.ServerName
					return nil
				},
			}
			identity := credentials{certificate: px01, roots: ours.root.Pool(), verify: true}
			atServer, atClient := shake(t, server, identity.client(host, host, domain))
			if got := atServer == nil && atClient == nil; got != test.want {
				t.Errorf("%s: server %v, client %v; want success %v", test.name, atServer, atClient, test.want)
			}
			if test.want && (len(seen) != 2 || sni != host) {
				t.Errorf("%s: the server saw %d certificates of ours and the name %q", test.name, len(seen), sni)
			}
			identity.verify = false
			if atServer, atClient := shake(t, server, identity.client(host, host, domain)); atServer != nil || atClient != nil {
				t.Errorf("%s, verify off: server %v, client %v", test.name, atServer, atClient)
			}
		}
	})
}

// An identity is proved again on each link: resumption carries it along.
func TestResumptionKeepsIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := newAuthorities(t)
		identity := credentials{
			certificate: ours.issue(t, certs.Request{Names: []string{"px01.vc.example.com"}}),
			roots:       ours.root.Pool(), verify: true,
		}
		partner := ours.issue(t, certs.Request{Names: []string{"sip.contoso.example"}})
		network := link.NewNetwork()
		addr := netip.MustParseAddrPort("198.51.100.40:5061")
		ctx, stop := context.WithCancel(t.Context())
		names := make(chan []string, 2)
		served := make(chan error, 1)
		go func() {
			served <- link.Serve(ctx, network.Listen(addr), link.Config{TLS: identity.server(), Roots: ours.root.Pool()}, link.Limits{}, func(_ context.Context, l *link.Link) {
				if l.Peer().Err != nil {
					t.Error(l.Peer().Err)
				}
				names <- l.Peer().Names()
				io.Copy(io.Discard, l)
			})
		}()
		cache := tls.NewLRUClientSessionCache(4)
		for n := range 2 {
			synctest.Wait()
			raw, err := network.Dial(ctx, "tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			config := &tls.Config{RootCAs: ours.root.Pool(), ServerName: "px01.vc.example.com", Certificates: []tls.Certificate{partner},
				MaxVersion: tls.VersionTLS12, ClientSessionCache: cache}
			conn := tls.Client(raw, config)
			if err := conn.Handshake(); err != nil {
				t.Fatal(err)
			}
			if resumed := conn.ConnectionState().DidResume; resumed != (n == 1) {
				t.Errorf("link %d: resumed %v", n+1, resumed)
			}
			if got := <-names; len(got) != 1 || got[0] != "sip.contoso.example" {
				t.Errorf("link %d belongs to %v", n+1, got)
			}
			conn.Close()
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
