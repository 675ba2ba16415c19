package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"

	"fedge/capture"
)

// On real sockets: a peer that is still sending when we refuse and close must
// be able to read why. Without the lingering in farewell the unread bytes reset
// the connection.
func TestLastWordsSurviveAPeerThatIsStillSending(t *testing.T) {
	client, server, stop := tcpPair(t)
	defer stop()
	var sending sync.WaitGroup
	sending.Go(func() {
		client.conn.Write(make([]byte, 100<<10)) // in one go, whether or not somebody reads
	})
	if _, err := server.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	send(t, server, "SIP/2.0 400 Bad Request")
	server.Close()
	sending.Wait()
	got, err := io.ReadAll(client)
	if string(got) != "SIP/2.0 400 Bad Request" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// On real sockets: our direction ends with FIN and close_notify behind what was
// queued, the other one goes on.
func TestCloseWrite(t *testing.T) {
	client, server, stop := tcpPair(t)
	defer stop()
	send(t, client, "OPTIONS")
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(server)
	if string(got) != "OPTIONS" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	send(t, server, "200")
	want(t, client, "200")
	if err := client.Err(); err != nil {
		t.Errorf("the link is over: %v", err)
	}
}

// tcpPair is a link over the loopback interface.
func tcpPair(tb testing.TB) (client, server *Link, stop func()) {
	tb.Helper()
	w := newWorld(tb)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	accepted, served := make(chan *Link, 1), make(chan error)
	go func() {
		served <- Serve(ctx, ln, w.server, Limits{}, func(ctx context.Context, l *Link) {
			accepted <- l
			hold(ctx, l)
		})
	}()
	w.client.TLS.MinVersion = tls.VersionTLS13
	client, err = Dial(ctx, w.client, serverName, addrPort(ln.Addr()), nil)
	if err != nil {
		tb.Fatal(err)
	}
	server = <-accepted
	return client, server, func() {
		client.Abort()
		server.Abort()
		cancel()
		if err := <-served; err != nil {
			tb.Errorf("Serve: %v", err)
		}
	}
}

// message is a Lync-sized request.
var message = bytes.Repeat([]byte{'m'}, 1500)

// BenchmarkStream sends one way, with up to 200 messages on their way: what a
// trunk under load does. One op is one message.
func BenchmarkStream(b *testing.B) {
	client, server, stop := tcpPair(b)
	defer stop()
	underway := make(chan struct{}, 200)
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 32<<10)
		for got := 0; ; {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			for got += n; got >= len(message); got -= len(message) {
				<-underway
			}
		}
	})
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		underway <- struct{}{}
		if err := client.Send(message, capture.Label{}); err != nil {
			b.Fatal(err)
		}
	}
	client.Abort()
	reading.Wait()
}

// BenchmarkPingPong sends one message each way in turn: the floor of a request
// and its response, both sides' cost.
func BenchmarkPingPong(b *testing.B) {
	client, server, stop := tcpPair(b)
	defer stop()
	var echoing sync.WaitGroup
	echoing.Go(func() {
		buf := make([]byte, len(message))
		for {
			if _, err := io.ReadFull(server, buf); err != nil {
				return
			}
			if server.Send(message, capture.Label{}) != nil {
				return
			}
		}
	})
	buf := make([]byte, len(message))
	b.ReportAllocs()
	for b.Loop() {
		if err := client.Send(message, capture.Label{}); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(client, buf); err != nil {
			b.Fatal(err)
		}
	}
	client.Abort()
	echoing.Wait()
}
