package leg

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
	"fedge/media/sdp"
)

var (
	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	ourA = netip.MustParseAddrPort("198.51.100.41:40000")
	farA = netip.MustParseAddrPort("192.0.2.43:50052")
	natA = netip.MustParseAddrPort("203.0.113.9:61000")
)

func next(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr(), a.Port()+1) }

// key makes a key of no secret.
func key(b byte) (k sdp.Key) {
	for i := range k {
		k[i] = b + byte(i)
	}
	return k
}

// agreement is what a node and a far end agree on, seen from one side.
func agreement(kind sdp.Kind, mine, theirs byte, remote netip.AddrPort) sdp.Stream {
	s := sdp.Stream{
		Kind: kind, Direction: sdp.Both, SSRC: uint32(mine) << 8, Key: key(mine),
		Crypto: sdp.Crypto{Tag: 1, Key: key(theirs)}, Remote: remote, RemoteRTCP: next(remote),
		Codecs: []sdp.Codec{{Name: sdp.PCMU}, {Name: sdp.PCMA, Send: 8, Receive: 8}},
		Event:  sdp.Codec{Name: "telephone-event", Send: 101, Receive: 101},
	}
	if kind == sdp.Video {
		s.Codecs = []sdp.Codec{{Name: sdp.H264UC, Send: 122, Receive: 122}}
		s.Event = sdp.Codec{}
	}
	return s
}

func stream(t *testing.T, agreed sdp.Stream) *Stream {
	t.Helper()
	s, err := New(agreed, "node", noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pair is our stream and the far end's, which the same code plays.
func pair(t *testing.T, kind sdp.Kind) (ours, theirs *Stream) {
	return stream(t, agreement(kind, 1, 2, farA)), stream(t, agreement(kind, 2, 1, ourA))
}

func buffer() []byte { return make([]byte, 0, 2048) }

func TestAudioThereAndBack(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	var last rtp.Header
	for i := range 100 {
		now := noon.Add(time.Duration(i) * 20 * time.Millisecond)
		coded := bytes.Repeat([]byte{byte(i)}, rtp.Frame)
		packet, to := theirs.Audio(buffer(), coded, now)
		if to != ourA || len(packet) != 12+160+10 || bytes.Contains(packet, coded[:16]) {
			t.Fatalf("%d bytes to %v", len(packet), to)
		}
		a := ours.Handle(now, packet, farA)
		if a.What != Media || !bytes.Equal(a.Payload, coded) || a.Law != rtp.MuLaw {
			t.Fatalf("packet %d: %+v", i, a)
		}
		h := *a.Header
		if i > 0 && (h.SequenceNumber != last.SequenceNumber+1 || h.Timestamp != last.Timestamp+160 || h.Marker) {
			t.Errorf("packet %d: %+v after %+v", i, h, last)
		}
		if i == 0 && !h.Marker {
			t.Error("the first packet has no marker")
		}
		last = h
	}
	if q := ours.Quality(); q.Received != 100 || q.Lost != 0 || q.Jitter > time.Millisecond {
		t.Errorf("%+v", q)
	}
	if c := ours.Counts(); c != (Counts{Packets: 100}) {
		t.Errorf("%+v", c)
	}
}

func TestForgeryChangesNothing(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	later := noon.Add(time.Second)
	for _, at := range []int{1, 5, 11, 12, 100, len(packet) - 1} {
		forged := bytes.Clone(packet)
		forged[at] ^= 1
		if a := ours.Handle(later, forged, natA); a.What != Nothing {
			t.Errorf("byte %d: %+v", at, a)
		}
	}
	if c := ours.Counts(); c.Forged != 6 || c.Packets != 0 || !ours.Heard().Equal(noon) {
		t.Errorf("%+v, heard %v", c, ours.Heard())
	}
	if _, to := ours.Audio(buffer(), make([]byte, 160), later); to != farA {
		t.Errorf("a forgery moved us to %v", to)
	}
	original := bytes.Clone(packet)
	if a := ours.Handle(later, packet, farA); a.What != Media {
		t.Errorf("the true one: %+v", a)
	}
	if a := ours.Handle(later, original, natA); a.What != Nothing || ours.Counts().Refused != 1 {
		t.Errorf("a replay: %+v %+v", a, ours.Counts())
	}
	for _, noise := range [][]byte{nil, {0x80}, {0x80, 0}, bytes.Repeat([]byte{0xBF}, 40), make([]byte, 200), {0x80, 200, 0, 1}, {0x80, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if a := ours.Handle(later, noise, farA); a.What != Nothing {
			t.Errorf("% x: %+v", noise, a)
		}
	}
}

// Packets go where the far end really sends from, for RTP and RTCP apart.
func TestLatch(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	ours.Handle(noon, packet, natA)
	if _, to := ours.Audio(buffer(), make([]byte, 160), noon); to != natA {
		t.Errorf("RTP goes to %v", to)
	}
	later := noon.Add(time.Minute)
	if _, to := ours.Report(buffer(), later); to != next(farA) {
		t.Errorf("RTCP goes to %v", to)
	}
	report, _ := theirs.Report(buffer(), later)
	ours.Handle(later, report, next(natA))
	if _, to := ours.Report(buffer(), later.Add(time.Minute)); to != next(natA) {
		t.Errorf("after a report RTCP goes to %v", to)
	}
	// The same description again keeps what was learned; another one does not.
	again := agreement(sdp.Audio, 1, 2, farA)
	if err := ours.Agree(again, later); err != nil {
		t.Fatal(err)
	}
	if _, to := ours.Audio(buffer(), make([]byte, 160), later); to != natA {
		t.Errorf("after the same offer: %v", to)
	}
	other := netip.MustParseAddrPort("192.0.2.44:7000")
	again.Remote, again.RemoteRTCP = other, other
	if err := ours.Agree(again, later); err != nil {
		t.Fatal(err)
	}
	if _, to := ours.Audio(buffer(), make([]byte, 160), later); to != other {
		t.Errorf("after another offer: %v", to)
	}
}

func TestPlainStaysWithTheFirst(t *testing.T) {
	a, b := agreement(sdp.Audio, 1, 2, farA), agreement(sdp.Audio, 2, 1, ourA)
	a.Plain, b.Plain = true, true
	ours, theirs := stream(t, a), stream(t, b)
	for i, src := range []netip.AddrPort{natA, farA, natA} {
		packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
		if got := ours.Handle(noon, packet, src).What == Media; got != (src == natA) {
			t.Errorf("packet %d from %v: %v", i, src, got)
		}
	}
}

func TestHold(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	held := agreement(sdp.Audio, 1, 2, netip.AddrPort{})
	held.RemoteRTCP = netip.AddrPort{}
	held.Direction = sdp.Inactive
	if err := ours.Agree(held, noon); err != nil {
		t.Fatal(err)
	}
	packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	if a := ours.Handle(noon, packet, farA); a.What != Nothing || ours.Counts().Packets != 1 {
		t.Errorf("on hold: %+v", a)
	}
	if p, _ := ours.Audio(buffer(), make([]byte, 160), noon); len(p) != 0 || ours.Expects() {
		t.Error("sends on hold")
	}
	before := ours.timestamp
	for range 50 {
		ours.Audio(buffer(), nil, noon)
	}
	resumed := noon.Add(time.Second)
	if err := ours.Agree(agreement(sdp.Audio, 1, 2, farA), resumed); err != nil {
		t.Fatal(err)
	}
	packet, to := ours.Audio(buffer(), make([]byte, 160), resumed)
	a := theirs.Handle(resumed, packet, ourA)
	if to != farA || a.What != Media || a.Header.Timestamp != before+51*160 || !ours.Heard().Equal(resumed) {
		t.Errorf("resumed to %v: %+v", to, a.Header)
	}
}

func TestNewKeyOnTheWay(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	under, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	late, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	ours.Handle(noon, under, farA)
	rekeyed := agreement(sdp.Audio, 1, 3, farA)
	if err := ours.Agree(rekeyed, noon); err != nil {
		t.Fatal(err)
	}
	if a := ours.Handle(noon, late, farA); a.What != Media {
		t.Errorf("under the old key, still on its way: %+v %+v", a, ours.Counts())
	}
	far := agreement(sdp.Audio, 2, 1, ourA)
	far.Key = key(3)
	if err := theirs.Agree(far, noon); err != nil {
		t.Fatal(err)
	}
	fresh, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	if a := ours.Handle(noon, fresh, farA); a.What != Media || ours.previous != nil {
		t.Errorf("under the new key: %+v", a)
	}
}

// Before the answer to our own offer there is no key: nothing is sent, nothing
// believed.
func TestBeforeTheAnswer(t *testing.T) {
	offered := agreement(sdp.Audio, 1, 0, netip.AddrPort{})
	offered.RemoteRTCP, offered.Crypto.Key = netip.AddrPort{}, sdp.Key{}
	ours, theirs := stream(t, offered), stream(t, agreement(sdp.Audio, 2, 1, ourA))
	packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
	if a := ours.Handle(noon, packet, farA); a.What != Nothing {
		t.Errorf("early: %+v", a)
	}
	if p, _ := ours.Audio(buffer(), make([]byte, 160), noon); len(p) != 0 {
		t.Error("sent to nowhere")
	}
	if p, _ := ours.Report(buffer(), noon.Add(time.Minute)); len(p) != 0 {
		t.Error("reported to nowhere")
	}
	if err := ours.Agree(agreement(sdp.Audio, 1, 2, farA), noon); err != nil {
		t.Fatal(err)
	}
	packet, _ = theirs.Audio(buffer(), make([]byte, 160), noon)
	if a := ours.Handle(noon, packet, farA); a.What != Media {
		t.Errorf("after the answer: %+v", a)
	}
}

func TestOtherFormats(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	send := func(pt uint8, payload []byte) Arrived {
		theirs.agreed.Codecs = []sdp.Codec{{Send: pt}}
		packet, _ := theirs.Audio(buffer(), payload, noon)
		return ours.Handle(noon, packet, farA)
	}
	if a := send(8, make([]byte, 160)); a.What != Media || a.Law != rtp.ALaw {
		t.Errorf("PCMA: %+v", a)
	}
	if a := send(101, make([]byte, 4)); a.What != Nothing || ours.Counts().Refused != 0 {
		t.Errorf("an event: %+v", a)
	}
	if a := send(96, make([]byte, 160)); a.What != Nothing || ours.Counts().Refused != 1 {
		t.Errorf("an unknown one: %+v", a)
	}
	if a := send(0, nil); a.What != Nothing {
		t.Errorf("an empty one: %+v", a)
	}
}

// An authenticated far end may use many SSRCs, but not without end.
func TestSourcesAreBounded(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	for i := range 1000 {
		theirs.agreed.SSRC = uint32(i)
		packet, _ := theirs.Audio(buffer(), make([]byte, 160), noon)
		ours.Handle(noon, packet, farA)
		theirs.agreed.SSRC = uint32(i + 5000)
		report, _ := theirs.seal(buffer(), theirs.compound(noon)...)
		ours.Handle(noon, report, next(farA))
	}
	if len(ours.sources) != maxSources || ours.Counts().Refused != 2000-maxSources {
		t.Errorf("%d sources, %+v", len(ours.sources), ours.Counts())
	}
	if q := ours.Quality(); q.Received != 1 {
		t.Errorf("%+v", q)
	}
}

func TestReports(t *testing.T) {
	ours, theirs := pair(t, sdp.Audio)
	gap := 0
	for i := range 50 * 60 {
		now := noon.Add(time.Duration(i) * 20 * time.Millisecond)
		packet, _ := theirs.Audio(buffer(), make([]byte, 160), now)
		if i%10 != 5 {
			ours.Handle(now, packet, farA)
		}
		ours.Audio(buffer(), make([]byte, 160), now)
		report, to := ours.Report(buffer(), now)
		if gap++; len(report) == 0 {
			continue
		}
		if seconds := float64(gap) / 50; seconds > 5 || seconds < 0.6 || to != next(farA) {
			t.Errorf("a report after %.1f s to %v", seconds, to)
		}
		gap = 0
		plain, err := theirs.in.DecryptRTCP(nil, report, nil)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := rtp.ParseRTCP(plain)
		if err != nil || len(packets) != 2 {
			t.Fatalf("%v %v", packets, err)
		}
		sr := packets[0].(*rtcp.SenderReport)
		if sr.PacketCount != uint32(i+1) || sr.OctetCount != uint32(i+1)*160 || sr.RTPTime != ours.timestamp || len(sr.Reports) != 1 {
			t.Errorf("%+v", sr)
		}
		if f := sr.Reports[0].FractionLost; i > 500 && (f < 20 || f > 31) {
			t.Errorf("fraction lost %d/256", f)
		}
		if packets[1].(*rtcp.SourceDescription).Chunks[0].Items[0].Text != "node" {
			t.Errorf("%+v", packets[1])
		}
	}
	bye, _ := ours.Bye(buffer(), noon)
	if a := theirs.Handle(noon, bye, next(ourA)); a.What != Control || !a.Bye {
		t.Errorf("%+v", a)
	}
}

// A Lync sender is asked until video comes, and again for a key frame.
func TestAskingLyncForVideo(t *testing.T) {
	ours, theirs := pair(t, sdp.Video)
	asked := func(at time.Duration) (request *rtp.VideoSourceRequest, pli *rtp.MSPLI) {
		packet, to := ours.Ask(buffer(), noon.Add(at))
		if len(packet) == 0 {
			return nil, nil
		}
		plain, err := theirs.in.DecryptRTCP(nil, packet, nil)
		if err != nil || to != next(farA) {
			t.Fatalf("to %v: %v", to, err)
		}
		packets, err := rtp.ParseRTCP(plain)
		if err != nil {
			t.Fatal(err)
		}
		if len(packets) > 1 {
			pli = packets[1].(*rtp.MSPLI)
		}
		return packets[0].(*rtp.VideoSourceRequest), pli
	}
	first, pli := asked(0)
	if first == nil || first.Entries[0].PayloadType != 122 || first.KeyFrame || pli != nil {
		t.Fatalf("%+v %+v", first, pli)
	}
	if r, _ := asked(500 * time.Millisecond); r != nil {
		t.Error("repeated too soon")
	}
	if r, _ := asked(time.Second); r == nil || r.RequestID != first.RequestID {
		t.Errorf("repetition %+v", r)
	}
	frame, _ := theirs.Video(buffer(), &rtp.Header{SequenceNumber: 9}, []byte{rtp.NALIDR, 1}, noon)
	if a := ours.Handle(noon.Add(1500*time.Millisecond), frame, farA); a.What != Media {
		t.Fatalf("%+v", a)
	}
	if r, _ := asked(2500 * time.Millisecond); r != nil {
		t.Error("asked although video comes")
	}
	ours.KeyFrame()
	key, pli := asked(2600 * time.Millisecond)
	if key == nil || !key.KeyFrame || key.RequestID == first.RequestID || pli == nil || pli.MediaSSRC != 2<<8 {
		t.Errorf("%+v %+v", key, pli)
	}
	if r, _ := asked(2700 * time.Millisecond); r != nil {
		t.Error("asked twice for one need")
	}
	if r, _ := asked(5 * time.Second); r == nil {
		t.Error("not asked although video stopped")
	}
}

func TestAskingOthersForVideo(t *testing.T) {
	a := agreement(sdp.Video, 1, 2, farA)
	a.Codecs = []sdp.Codec{{Name: sdp.H264, Send: 97, Receive: 97}}
	ours, theirs := stream(t, a), stream(t, agreement(sdp.Video, 2, 1, ourA))
	if p, _ := ours.Ask(buffer(), noon); len(p) != 0 {
		t.Error("asked for nothing")
	}
	ours.KeyFrame()
	packet, _ := ours.Ask(buffer(), noon)
	if a := theirs.Handle(noon, packet, next(ourA)); a.What != Control || !a.KeyFrame {
		t.Errorf("%+v", a)
	}
}

// What a Lync receiver asks of us.
func TestBeingAskedByLync(t *testing.T) {
	ours, theirs := pair(t, sdp.Video)
	say := func(p rtcp.Packet) bool {
		packet, _ := theirs.seal(buffer(), p)
		return ours.Handle(noon, packet, next(farA)).KeyFrame
	}
	shown := func() bool {
		p, _ := ours.Video(buffer(), &rtp.Header{}, []byte{1, 2}, noon)
		return len(p) > 0
	}
	if !say(&rtp.VideoSourceRequest{Source: rtp.SourceAny, RequestID: 5}) || !shown() {
		t.Error("a first request")
	}
	if say(&rtp.VideoSourceRequest{Source: rtp.SourceAny, RequestID: 5}) {
		t.Error("a repetition wants a key frame")
	}
	if !say(&rtp.VideoSourceRequest{Source: rtp.SourceAny, RequestID: 5, KeyFrame: true}) || !say(&rtp.MSPLI{}) || !say(&rtcp.PictureLossIndication{}) {
		t.Error("asked for a key frame")
	}
	if say(&rtp.VideoSourceRequest{Source: rtp.SourceNone, RequestID: 6}) || shown() {
		t.Error("nobody wants video, and it comes")
	}
	if !say(&rtp.VideoSourceRequest{Source: rtp.SourceAny, RequestID: 7}) || !shown() {
		t.Error("wanted again")
	}
}

func FuzzHandle(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9}, true)
	f.Add([]byte{0x8f, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1}, true)
	f.Add([]byte{0xB0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0, 9, 1, 1, 255}, false)
	f.Fuzz(func(t *testing.T, datagram []byte, plain bool) {
		for _, kind := range []sdp.Kind{sdp.Audio, sdp.Video} {
			a := agreement(kind, 1, 2, farA)
			a.Plain = plain
			s, err := New(a, "x", noon)
			if err != nil {
				t.Fatal(err)
			}
			s.Handle(noon, bytes.Clone(datagram), farA)
			s.Report(buffer(), noon.Add(time.Minute))
			s.Ask(buffer(), noon.Add(time.Minute))
		}
	})
}

// BenchmarkForward is what one forwarded packet of video costs here, beside
// the protection alone.
func BenchmarkForward(b *testing.B) {
	ours, err := New(agreement(sdp.Video, 1, 2, farA), "node", noon)
	if err != nil {
		b.Fatal(err)
	}
	payload, dst := make([]byte, 1200), buffer()
	h := rtp.Header{}
	b.Run("rewrite and protect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.SequenceNumber++
			ours.Video(dst, &h, payload, noon)
		}
	})
	b.Run("SRTP alone", func(b *testing.B) {
		plain := make([]byte, 12+1200, 2048)
		plain[0] = 0x80
		var header rtp.Header
		b.ReportAllocs()
		for b.Loop() {
			h.SequenceNumber++
			plain[2], plain[3] = byte(h.SequenceNumber>>8), byte(h.SequenceNumber)
			header = rtp.Header{Version: 2, SequenceNumber: h.SequenceNumber}
			if _, err := ours.out.EncryptRTP(plain[:0], plain, &header); err != nil {
				b.Fatal(err)
			}
		}
	})
}
