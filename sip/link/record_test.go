package link

import (
	"bytes"
	"testing"
	"testing/synctest"

	"fedge/capture"
)

func TestTranscriptAndKeysWhenRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		rec := capture.New(1 << 20)
		w.client.Recorder = rec
		client, server := w.pair()
		invite, answer := capture.Label{Text: "INVITE", CallID: "c1"}, capture.Label{Text: "200 INVITE", CallID: "c1"}
		client.Send([]byte("INVITE sip:"), invite)
		want(t, server, "INVITE sip:")
		send(t, server, "SIP/2.0 200")
		want(t, client, "SIP/2.0 200")
		client.Received([]byte("SIP/2.0 200"), answer)

		got := rec.Call("c1")
		if len(got) != 2 {
			t.Fatalf("recorded: %+v", got)
		}
		first, second := got[0], got[1]
		if !first.Sent || first.From != clientName || first.To != serverName || first.Dst != w.at || first.Label != invite {
			t.Errorf("sent: %+v", first)
		}
		if second.Sent || second.From != serverName || second.To != clientName || second.Src != w.at || second.Label != answer {
			t.Errorf("received: %+v", second)
		}
		if first.Link != client.ID() {
			t.Errorf("link %d, want %d", first.Link, client.ID())
		}
		var keys bytes.Buffer
		if err := rec.WriteKeyLog(&keys); err != nil || !bytes.Contains(keys.Bytes(), []byte("CLIENT_TRAFFIC_SECRET_0 ")) {
			t.Errorf("key log %q, %v", keys.Bytes(), err)
		}
	})
}

// The user's own key log goes on beside the recorder's.
func TestKeysGoToBothLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		rec := capture.New(1 << 20)
		var own, theirs bytes.Buffer
		w.client.Recorder, w.client.TLS.KeyLogWriter = rec, &own
		w.pair()
		rec.WriteKeyLog(&theirs)
		if own.Len() == 0 || !bytes.Equal(own.Bytes(), theirs.Bytes()) {
			t.Errorf("own %q, recorder's %q", &own, &theirs)
		}
	})
}
