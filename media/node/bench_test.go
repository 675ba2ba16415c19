package node

import (
	"fmt"
	"testing"

	"fedge/media/sdp"
	"fedge/media/session"
)

// BenchmarkReserve is a call without media: what the edge pays for a
// description and a place.
func BenchmarkReserve(b *testing.B) {
	n, err := Start(b.Context(), Config{Name: "x", Bind: here, Capacity: 10})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Stop()
	streams := sdp.Offered(true, sdp.Audio, sdp.Video)
	for i := range streams {
		streams[i].Port, streams[i].Key = 4000, sdp.NewKey()
	}
	offer := sdp.Offer(nil, streams, sdp.Local{Address: here}).Bytes()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprint(i)
		if _, err := n.Open(b.Context(), session.Open{ID: id, Conference: "c", Offer: offer, Reserve: true}); err != nil {
			b.Fatal(err)
		}
		if err := n.Close(b.Context(), session.Close{ID: id}); err != nil {
			b.Fatal(err)
		}
	}
}
