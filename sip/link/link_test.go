package link

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
)

func TestLinkCarriesBytesBothWaysAndKnowsItsPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		client, server := w.pair()
		send(t, client, "INVITE")
		want(t, server, "INVITE")
		send(t, server, "100 ")
		send(t, server, "200 ")
		want(t, client, "100 200 ")

		if got := server.Peer().Names(); !slices.Equal(got, []string{"sip.contoso.example", "contoso.example"}) {
			t.Errorf("names of the client's certificate: %q", got)
		}
		if server.Peer().Err != nil || client.Peer().Err != nil {
			t.Errorf("both certificates verify, got %v and %v", server.Peer().Err, client.Peer().Err)
		}
		if client.Remote() != serverName || server.Remote() != clientName {
			t.Errorf("remote names: %q, %q", client.Remote(), server.Remote())
		}
		if client.RemoteAddr() != w.at || server.RemoteAddr() != client.LocalAddr() || server.LocalAddr() != w.at {
			t.Errorf("addresses: %s→%s, %s→%s", client.LocalAddr(), client.RemoteAddr(), server.LocalAddr(), server.RemoteAddr())
		}
		if !client.Dialled() || server.Dialled() {
			t.Error("the client dialled, the server did not")
		}
		if client.State().ServerName != serverName {
			t.Errorf("SNI %q", client.State().ServerName)
		}
	})
}

func TestReadDeadlinePassesAndTheLinkLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newWorld(t).pair()
		client.SetReadDeadline(time.Now().Add(time.Minute))
		began := time.Now()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Read: %v", err)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the deadline passed after %s", took)
		}
		client.SetReadDeadline(time.Time{})
		send(t, server, "late")
		want(t, client, "late")
	})
}

func TestCloseFlushesAndSaysGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newWorld(t).pair()
		for range 100 {
			send(t, server, "0123456789")
		}
		closed := make(chan error)
		go func() { closed <- server.Close() }()
		want(t, client, strings.Repeat("0123456789", 100))
		wantErr(t, client, io.EOF)
		if err := client.Close(); err != nil {
			t.Errorf("client.Close: %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("server.Close: %v", err)
		}
		if err := server.Send(nil, capture.Label{}); err != ErrClosed {
			t.Errorf("Send after Close: %v", err)
		}
		wantErr(t, server, ErrClosed)
		if err := server.SetReadDeadline(time.Time{}); err != ErrClosed {
			t.Errorf("SetReadDeadline after Close: %v", err)
		}
		<-server.Done()
		if server.Close() != nil || server.Err() != ErrClosed {
			t.Errorf("a second Close changes nothing: %v", server.Err())
		}
	})
}

// The peer can tell an end from a cut: close_notify comes before FIN, and an
// Abort sends neither. (TLS 1.2 shows the alert's record type.)
func TestCloseNotifyComesBeforeFIN(t *testing.T) {
	tests := map[string]struct {
		end  func(*Link)
		want string
	}{
		"close": {func(l *Link) { l.Close() }, "alert FIN close"},
		"abort": {(*Link).Abort, "close"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.client.TLS.MaxVersion = tls.VersionTLS12
				watch := &watched{}
				w.wrap = watch.around
				client, _ := w.pair()
				tt.end(client)
				if got := strings.Join(watch.seen(), " "); got != tt.want {
					t.Errorf("on the wire: %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// A peer that neither reads our goodbye nor closes costs a moment, no more.
func TestCloseDoesNotWaitLongForASilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newWorld(t).pair()
		began := time.Now()
		server.Close()
		if took := time.Since(began); took > lingerTime {
			t.Errorf("Close took %s", took)
		}
		wantErr(t, client, io.EOF)
	})
}

func TestCloseWakesAReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server := newWorld(t).pair()
		read := make(chan error)
		go func() {
			_, err := server.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		server.Close()
		if err := <-read; err != ErrClosed {
			t.Errorf("Read: %v", err)
		}
	})
}

func TestAbortCutsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newWorld(t).pair()
		server.Abort()
		wantErr(t, client, io.EOF)
		wantErr(t, server, ErrAborted)
		if err := server.Send(nil, capture.Label{}); err != ErrAborted {
			t.Errorf("Send: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Errorf("Close after Abort: %v", err)
		}
	})
}

// A peer that never reads is cut off after the write timeout; others go on.
func TestStalledPeerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		client, stalled := w.pair()
		other := w.dial()
		defer other.Abort()
		began := time.Now()
		for range 100 { // more than the window, less than the queue
			send(t, stalled, strings.Repeat("x", 4000))
		}
		send(t, other, "still here")
		<-stalled.Done()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("cut off after %s", took)
		}
		if stalled.Err() != ErrStalled || stalled.Close() != ErrStalled {
			t.Errorf("Err: %v", stalled.Err())
		}
		if other.Err() != nil {
			t.Errorf("the other link: %v", other.Err())
		}
		client.Abort()
	})
}

// Close, too, gives up on a peer that never reads.
func TestCloseOfAStalledLinkIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, stalled := newWorld(t).pair()
		for range 100 {
			send(t, stalled, strings.Repeat("x", 4000))
		}
		began := time.Now()
		stalled.Close()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("Close took %s", took)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	tests := map[string]struct {
		queue, bytes, size int
	}{
		"messages": {queue: 10, size: 1000},
		"bytes":    {bytes: 100_000, size: 10_000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.server.Queue, w.server.QueueBytes = tt.queue, tt.bytes
				_, server := w.pair()
				var err error
				for range 10_000 {
					if err = server.Send(make([]byte, tt.size), capture.Label{}); err != nil {
						break
					}
				}
				if err != ErrQueueFull || server.Err() != ErrQueueFull {
					t.Errorf("Send: %v, Err: %v", err, server.Err())
				}
			})
		})
	}
}

// Ten queued messages leave in one TLS record, and a long queue in as few
// records as hold it.
func TestQueuedMessagesShareRecords(t *testing.T) {
	tests := map[string]struct {
		sizes   []int
		records int
	}{
		"one":                    {[]int{700}, 1},
		"ten small ones":         {slices.Repeat([]int{1500}, 10), 1},
		"a hundred":              {slices.Repeat([]int{1500}, 100), 10}, // ten fit a record
		"a big one between":      {[]int{100, 40_000, 100}, 5},
		"nothing":                {nil, 0},
		"exactly one record's":   {[]int{8 << 10, 8 << 10}, 1},
		"one byte over a record": {[]int{8 << 10, 8<<10 + 1}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				watch := &watched{}
				w.wrap = watch.around
				client, server := w.pair()
				var batch []outgoing
				var all bytes.Buffer
				for i, size := range tt.sizes {
					b := bytes.Repeat([]byte{byte('a' + i%26)}, size)
					all.Write(b)
					batch = append(batch, outgoing{bytes: b})
				}
				before := watch.records.Load()
				var buf []byte
				done := make(chan error)
				go func() { done <- client.flush(batch, &buf) }()
				want(t, server, all.String())
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if got := watch.records.Load() - before; got != int64(tt.records) {
					t.Errorf("%d records, want %d", got, tt.records)
				}
			})
		})
	}
}

// Whoever answers in a burst waits for the peer to take the answers, and is
// not taken for one whose peer does not read.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Queue = 8
		client, server := w.pair()
		var answering sync.WaitGroup
		answering.Go(func() {
			for range 1000 {
				server.Pace()
				send(t, server, strings.Repeat("x", 1000))
			}
		})
		if n, err := io.CopyN(io.Discard, client, 1000*1000); err != nil {
			t.Errorf("read %d bytes: %v", n, err)
		}
		answering.Wait()
	})
}

// A peer that never reads ends the wait with the link.
func TestPaceEndsWithTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Queue = 8
		_, server := w.pair()
		for server.Err() == nil {
			server.Pace()
			_ = server.Send(make([]byte, 64<<10), capture.Label{}) // fails once the link is over
		}
		if err := server.Err(); err != ErrStalled {
			t.Errorf("over because of %v, want %v", err, ErrStalled)
		}
	})
}
