package sdp

import "testing"

// BenchmarkAnswer reads a Lync offer of three m-lines and writes its answer.
func BenchmarkAnswer(b *testing.B) {
	body := []byte(lync("RTP/SAVP"))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		offer, err := Parse(body)
		if err != nil {
			b.Fatal(err)
		}
		streams, err := Choose(offer, Policy{})
		if err != nil {
			b.Fatal(err)
		}
		if len(Answer(offer, fill(streams), here).Bytes()) == 0 {
			b.Fatal("no answer")
		}
	}
}
