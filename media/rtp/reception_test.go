package rtp

import (
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestSequenceArithmetic(t *testing.T) {
	for _, c := range []struct {
		a, b uint16
		want int
	}{{0, 1, 1}, {1, 0, -1}, {65535, 0, 1}, {0, 65535, -1}, {65000, 200, 736}, {0, 32767, 32767}} {
		if got := SeqDistance(c.a, c.b); got != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if got := TimeDistance(0xFFFFFFFF, 160); got != 161 {
		t.Errorf("timestamps: %d, want 161", got)
	}
}

func TestReceptionCounts(t *testing.T) {
	for _, c := range []struct {
		name           string
		seqs           []uint16
		received, lost uint64
		extended       uint32
	}{
		{"in order", []uint16{10, 11, 12}, 3, 0, 12},
		{"one missing", []uint16{10, 12, 13}, 3, 1, 13},
		{"swapped", []uint16{10, 12, 11, 13}, 4, 0, 13},
		{"twice", []uint16{10, 11, 11, 12}, 4, 0, 12},
		{"over the wrap", []uint16{65534, 65535, 0, 1}, 4, 0, 1<<16 + 1},
		{"late over the wrap", []uint16{65534, 0, 65535, 1}, 4, 0, 1<<16 + 1},
		{"a single wild one", []uint16{10, 11, 40000, 12}, 3, 0, 12},
		{"a restart", []uint16{10, 12, 40000, 40001, 40002}, 4, 1, 40002},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReception(8000)
			for i, seq := range c.seqs {
				r.Packet(seq, uint32(i)*160, start.Add(time.Duration(i)*20*time.Millisecond))
			}
			q := r.Quality()
			if q.Received != c.received || q.Lost != c.lost {
				t.Errorf("received %d lost %d, want %d and %d", q.Received, q.Lost, c.received, c.lost)
			}
			block, ok := r.Report(7, start)
			if !ok || block.LastSequenceNumber != c.extended || block.SSRC != 7 {
				t.Errorf("block %+v (%v), want extended %d", block, ok, c.extended)
			}
		})
	}
}

// RFC 3550 A.8: every transit differs from the last by 10 ms = 80 units, so J
// follows J += (80-J)/16; after n steps J = 80(1-(15/16)^n).
func TestReceptionJitter(t *testing.T) {
	r := NewReception(8000)
	at := start
	for i := range 17 {
		late := time.Duration(i%2) * 10 * time.Millisecond
		r.Packet(uint16(i), uint32(i*160)-5000, at.Add(late)) // timestamps wrap meanwhile
		at = at.Add(20 * time.Millisecond)
	}
	if got, want := r.Quality().Jitter.Seconds()*8000, 80*(1-0.35607); got < want-0.1 || got > want+0.1 {
		t.Errorf("jitter %.2f units, want %.2f", got, want)
	}
}

func TestReceptionReport(t *testing.T) {
	r := NewReception(8000)
	if _, ok := r.Report(1, start); ok {
		t.Error("a report about nothing")
	}
	for seq := range uint16(100) {
		if seq%4 != 1 {
			r.Packet(seq, uint32(seq)*160, start)
		}
	}
	r.SenderReport(NTP(start), start)
	block, _ := r.Report(1, start.Add(1500*time.Millisecond))
	if block.FractionLost != 64 || block.TotalLost != 25 {
		t.Errorf("fraction %d/256, total %d; want 64 and 25", block.FractionLost, block.TotalLost)
	}
	if block.Delay != 98304 || block.LastSenderReport != uint32(NTP(start)>>16) {
		t.Errorf("LSR %x DLSR %d", block.LastSenderReport, block.Delay)
	}
	for seq := uint16(100); seq < 200; seq++ {
		r.Packet(seq, uint32(seq)*160, start)
	}
	if block, _ = r.Report(1, start); block.FractionLost != 0 || block.TotalLost != 25 {
		t.Errorf("second interval: fraction %d, total %d; want 0 and 25", block.FractionLost, block.TotalLost)
	}
	if got := r.Quality().Loss(); got < 0.124 || got > 0.126 {
		t.Errorf("loss %.3f, want 0.125", got)
	}
}

func TestNTP(t *testing.T) {
	if got := NTP(time.Unix(0, 500_000_000)); got != 2208988800<<32|1<<31 {
		t.Errorf("%x", got)
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		datagram []byte
		want     Kind
	}{
		{nil, Unknown}, {[]byte{0x80}, Unknown}, {[]byte{0, 1}, STUN}, {[]byte{22, 254}, DTLS},
		{[]byte{0x80, 0}, RTP}, {[]byte{0x90, 0xFA}, RTP}, {[]byte{0x80, 200}, RTCP},
		{[]byte{0x8F, 206}, RTCP}, {[]byte{0xFF, 0}, Unknown}, {[]byte{0x80, 0x80 | 101}, RTP},
	} {
		if got := KindOf(c.datagram); got != c.want {
			t.Errorf("% x is %d, want %d", c.datagram, got, c.want)
		}
	}
}
