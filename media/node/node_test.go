package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/media/rtp"
	"fedge/media/sdp"
	"fedge/media/session"
)

func TestThreeHearEachOther(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	phones := []*phone{
		newPhone(t, n, "a", 440, false, sdp.Audio),
		newPhone(t, n, "b", 700, true, sdp.Audio), // muxed
		newPhone(t, n, "c", 1100, false, sdp.Audio),
	}
	phones[2].offered[0].Codecs = phones[2].offered[0].Codecs[1:] // PCMA only
	for _, p := range phones {
		p.call("standup")
	}
	together(100, phones...)
	for i, p := range phones {
		for j, other := range phones {
			level := p.power(other.hertz)
			if i == j && level > -50 {
				t.Errorf("%s hears itself at %.1f dB", p.id, level)
			}
			if i != j && (level < -14 || level > -11) {
				t.Errorf("%s hears %s at %.1f dB", p.id, other.id, level)
			}
		}
	}
	load := n.Load()
	if load.Sessions != 3 || load.Conferences["standup"] != 3 || load.Packets < 250 {
		t.Errorf("%+v", load)
	}
	for _, p := range phones {
		p.hangUp()
	}
	if load = n.Load(); load.Sessions != 0 || len(load.Conferences) != 0 || len(n.ports.taken) != 0 {
		t.Errorf("left behind: %+v, ports %v", load, n.ports.taken)
	}
}

// wantReason checks that err is a refusal of that kind.
func wantReason(t *testing.T, err error, want session.Reason) {
	t.Helper()
	if e, ok := errors.AsType[*session.Error](err); !ok || e.Reason != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"no name":       {Bind: here},
		"no address":    {Name: "x"},
		"hold no pair":  {Name: "x", Bind: here, Ports: Ports{4000, 4000}},
		"Config.Public": {Name: "x", Bind: netip.IPv4Unspecified()},
	} {
		if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The same request again gives the same answer and takes nothing twice.
func TestRepetition(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	first := p.call("standup")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			again, err := n.Open(t.Context(), session.Open{ID: "a", Conference: "standup", Offer: p.offer(1)})
			if err != nil || !bytes.Equal(again.SDP, first.SDP) || again.Node != "px03.vc.example.com" {
				t.Errorf("%q %v", again.SDP, err)
			}
		})
	}
	all.Wait()
	again, err := n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(1)})
	if err != nil || !bytes.Equal(again.SDP, first.SDP) {
		t.Errorf("the same offer in a re-INVITE: %q %v", again.SDP, err)
	}
	if len(n.ports.taken) != 1 {
		t.Errorf("ports %v", n.ports.taken)
	}
	for range 2 {
		p.hangUp()
	}
	_, err = n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(1)})
	wantReason(t, err, session.Unknown)
	wantReason(t, n.Accept(t.Context(), session.Accept{ID: "a"}), session.Unknown)
	p.call("standup") // the ID is free again
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{Capacity: 1})
	open := func(id, offer string) error {
		_, err := n.Open(t.Context(), session.Open{ID: id, Conference: "standup", Offer: []byte(offer)})
		return err
	}
	wantReason(t, open("a", "hello"), session.Malformed)
	wantReason(t, open("a", ""), session.Malformed)
	plain := "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
	wantReason(t, open("a", plain), session.Incompatible)
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	p.call("standup") // the failures left nothing behind
	wantReason(t, open("b", string(p.offer(1))), session.Full)
	wantReason(t, n.Accept(t.Context(), session.Accept{ID: "a", Answer: p.offer(1)}), session.Malformed)
	_, err := n.Update(t.Context(), session.Update{ID: "a", Offer: []byte("hello")})
	wantReason(t, err, session.Malformed)
	p.talk(3) // and it goes on as it was
}

func TestPlainIfAllowed(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{Plain: true})
	answer, err := n.Open(t.Context(), session.Open{ID: "a", Offer: []byte("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n")})
	if err != nil || !strings.Contains(string(answer.SDP), " RTP/AVP 0\r\n") || strings.Contains(string(answer.SDP), "crypto") {
		t.Errorf("%s %v", answer.SDP, err)
	}
}

// Ports that others hold are skipped, ports of closed calls come back, and a
// range that is used up is Full.
func TestPorts(t *testing.T) {
	t.Parallel()
	own := netip.MustParseAddr("127.9.71.2")
	first := uint16(0)
	var taken []*net.UDPConn
	for first == 0 { // three pairs in a row, of which we hold half of the first
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(own, 0)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port(); port%2 == 1 && port < 65000 {
			first, taken = port-1, append(taken, c)
		}
	}
	n := boot(t, Config{Bind: own, Ports: Ports{first, first + 5}})
	call := func(id string) (uint16, error) {
		p := newPhone(t, n, id, 440, false, sdp.Audio)
		answer, err := n.Open(t.Context(), session.Open{ID: id, Conference: "c", Offer: p.offer(1)})
		if err != nil {
			return 0, err
		}
		d, err := sdp.Parse(answer.SDP)
		if err != nil {
			t.Fatal(err)
		}
		return d.Media[0].Port, nil
	}
	for i, want := range []uint16{first + 2, first + 4} {
		if port, err := call(fmt.Sprint(i)); err != nil || port != want {
			t.Errorf("call %d got port %d (%v), want %d", i, port, err, want)
		}
	}
	_, err := call("one too many")
	wantReason(t, err, session.Full)
	for id := range 2 {
		if err := n.Close(t.Context(), session.Close{ID: fmt.Sprint(id)}); err != nil {
			t.Fatal(err)
		}
	}
	taken[0].Close()
	for i := range 50 { // every port is free again, each time
		id := fmt.Sprintf("again %d", i)
		if _, err := call(id); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(t.Context(), session.Close{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(own, first+2)))
	if err != nil {
		t.Errorf("after Close the port is still bound: %v", err)
	} else {
		free.Close()
	}
}

// version finds the o= version of a description.
func version(sdp []byte) (v int) {
	fmt.Sscanf(strings.Split(string(sdp), "\r\n")[1], "o=- %d %d", new(int), &v)
	return v
}

func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	other := newPhone(t, n, "b", 700, false, sdp.Audio)
	answer := p.call("standup")
	other.call("standup")
	port := p.agreed[0].Remote
	key := p.agreed[0].Crypto.Key

	update := func(version uint64, direction sdp.Direction) []byte {
		p.offered[0].Direction = direction
		a, err := n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(version)})
		if err != nil {
			t.Fatal(err)
		}
		p.take(a.SDP)
		return a.SDP
	}
	held := update(2, sdp.Inactive)
	if !strings.Contains(string(held), "a=inactive\r\n") || version(held) != version(answer.SDP)+1 {
		t.Errorf("on hold:\n%s", held)
	}
	// What is sent on hold reaches nobody.
	p.streams[0].Agree(agreedBoth(p.agreed[0]), time.Now())
	p.say()
	other.talk(20)
	if level := other.power(440); level > -50 {
		t.Errorf("on hold, and heard at %.1f dB", level)
	}
	if sendonly := update(3, sdp.Send); !strings.Contains(string(sendonly), "a=recvonly\r\n") {
		t.Errorf("with music:\n%s", sendonly)
	}
	resumed := update(4, sdp.Both)
	if strings.Contains(string(resumed), "a=inactive") || version(resumed) != version(answer.SDP)+3 {
		t.Errorf("resumed:\n%s", resumed)
	}
	if p.agreed[0].Remote != port || p.agreed[0].Crypto.Key != key {
		t.Error("port or key moved over the hold")
	}
	together(150, p, other)
	if level := other.power(440); level < -14 {
		t.Errorf("after the hold %.1f dB", level)
	}
}

// agreedBoth is s with both directions open.
func agreedBoth(s sdp.Stream) sdp.Stream {
	s.Direction = sdp.Both
	return s
}

// A call that the node offers: the far end answers, and hears.
func TestOwnOffer(t *testing.T) {
	t.Parallel()
	for _, lync := range []bool{false, true} {
		t.Run(fmt.Sprint("lync=", lync), func(t *testing.T) {
			n := boot(t, Config{})
			offer, err := n.Open(t.Context(), session.Open{ID: "out", Conference: "standup", Lync: lync})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(offer.SDP), "a=label:main-audio"); got != lync {
				t.Errorf("offered\n%s", offer.SDP)
			}
			far := newPhone(t, n, "out", 440, lync, sdp.Audio)
			body := far.answer(offer.SDP)
			for range 2 {
				if err := n.Accept(t.Context(), session.Accept{ID: "out", Answer: body}); err != nil {
					t.Fatal(err)
				}
			}
			if len(n.ports.taken) != 1 {
				t.Errorf("the rejected video still has its port: %v", n.ports.taken)
			}
			near := newPhone(t, n, "in", 700, false, sdp.Audio)
			near.call("standup")
			together(80, far, near)
			if level := far.power(700); level < -14 {
				t.Errorf("who was called hears %.1f dB", level)
			}
			if level := near.power(440); level < -14 {
				t.Errorf("who was called is heard at %.1f dB", level)
			}
			// A re-INVITE without an offer: the lines stay, rejected ones too.
			again, err := n.Update(t.Context(), session.Update{ID: "out"})
			if err != nil || version(again.SDP) != version(offer.SDP)+1 || !strings.Contains(string(again.SDP), "m=video 0 ") {
				t.Errorf("offered again (%v)\n%s", err, again.SDP)
			}
			if err := n.Accept(t.Context(), session.Accept{ID: "out", Answer: body}); err != nil {
				t.Error(err)
			}
			far.talk(3)
		})
	}
}

// answer answers an offer with the phone's audio and rejects the rest.
func (p *phone) answer(offer []byte) []byte {
	p.t.Helper()
	d, err := sdp.Parse(offer)
	if err != nil {
		p.t.Fatal(err)
	}
	streams, err := sdp.Choose(d, sdp.Policy{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.agreed = streams[:1]
	s := &p.agreed[0]
	s.Port, s.SSRC, s.Key = p.offered[0].Port, 1000, p.offered[0].Key
	p.follow()
	return sdp.Answer(d, p.agreed, sdp.Local{Address: here, Session: 5, Version: 1}).Bytes()
}

// A reserved session counts and describes itself, and holds no socket.
func TestReserve(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{Capacity: 2})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	answer, err := n.Open(t.Context(), session.Open{ID: "a", Conference: "standup", Offer: p.offer(1), Reserve: true})
	if err != nil {
		t.Fatal(err)
	}
	p.take(answer.SDP) // a valid answer with a key
	text := string(answer.SDP)
	if !strings.Contains(text, "m=audio 9 RTP/SAVP 0") || !strings.Contains(text, "a=inactive") || len(n.ports.taken) != 0 {
		t.Errorf("ports %v\n%s", n.ports.taken, text)
	}
	if load := n.Load(); load.Sessions != 1 || load.Conferences["standup"] != 1 {
		t.Errorf("%+v", load)
	}
	again, err := n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(2)})
	if err != nil || !bytes.Equal(again.SDP, answer.SDP) {
		t.Errorf("an update that changes nothing:\n%s%v", again.SDP, err)
	}
	out, err := n.Open(t.Context(), session.Open{ID: "b", Reserve: true})
	if err != nil || !strings.Contains(string(out.SDP), "m=audio 9 ") {
		t.Errorf("%s %v", out.SDP, err)
	}
	_, err = n.Open(t.Context(), session.Open{ID: "c", Reserve: true})
	wantReason(t, err, session.Full)
	p.hangUp()
	if n.Load().Sessions != 1 {
		t.Error("closing freed nothing")
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	events := make(chan session.Event, 10)
	n := boot(t, Config{Silence: 200 * time.Millisecond, Event: func(e session.Event) { events <- e }})
	quiet := newPhone(t, n, "quiet", 440, false, sdp.Audio)
	quiet.call("standup")
	held := newPhone(t, n, "held", 700, false, sdp.Audio)
	held.offered[0].Direction = sdp.Receive
	held.call("standup")
	ringing, err := n.Open(t.Context(), session.Open{ID: "ringing", Conference: "standup"})
	if err != nil {
		t.Fatal(ringing, err)
	}
	if e := <-events; e != (session.Event{ID: "quiet", Node: "px03.vc.example.com", Reason: session.Silent}) {
		t.Errorf("%+v", e)
	}
	if load := n.Load(); load.Sessions != 2 {
		t.Errorf("%+v", load)
	}
	quiet.hangUp() // what its owner does then
}

// Death: beats end, sockets are gone, requests fail.
func TestStop(t *testing.T) {
	t.Parallel()
	beats := make(chan session.Load, 100)
	own := netip.MustParseAddr("127.9.71.3")
	n := boot(t, Config{Bind: own, Publish: func(l session.Load) { beats <- l }})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	p.call("standup")
	if l := <-beats; l.Node != "px03.vc.example.com" || l.Capacity != 100 {
		t.Errorf("%+v", l)
	}
	p.talk(10)
	for l := range beats { // at least one more beat comes, and counts
		if l.Packets > 0 && l.Sessions == 1 {
			break
		}
	}
	n.Stop()
	n.Stop()
	seen := len(beats)
	_, err := n.Open(t.Context(), session.Open{ID: "b", Offer: p.offer(1)})
	wantReason(t, err, session.NodeLost)
	_, err = n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(2)})
	wantReason(t, err, session.NodeLost)
	if err := n.Close(t.Context(), session.Close{ID: "a"}); err != nil {
		t.Errorf("closing on a dead node: %v", err)
	}
	if port, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(p.agreed[0].Remote)); err != nil {
		t.Errorf("its port is still bound: %v", err)
	} else {
		port.Close()
	}
	if len(beats) != seen {
		t.Error("a beat after death")
	}
}

func TestContextStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	n, err := Start(ctx, Config{Name: "x", Bind: here})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	n.running.Wait()
	_, err = n.Open(t.Context(), session.Open{ID: "b"})
	wantReason(t, err, session.NodeLost)
	_, err = n.Open(ctx, session.Open{ID: "b"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}

// Descriptions name the public address, sockets bind the private one.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{Public: netip.MustParseAddr("198.51.100.43")})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	answer := p.call("standup")
	if !strings.Contains(string(answer.SDP), "c=IN IP4 198.51.100.43\r\n") {
		t.Errorf("%s", answer.SDP)
	}
	p.agreed[0].Remote = netip.AddrPortFrom(here, p.agreed[0].Remote.Port())
	p.follow()
	p.talk(3)
}

// Noise on a node's port changes nothing.
func TestNoise(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	p := newPhone(t, n, "a", 440, false, sdp.Audio)
	p.call("standup")
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(p.agreed[0].Remote))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	for i := range 500 {
		noise := bytes.Repeat([]byte{byte(0x80 | i), byte(i)}, 1+i%600)
		if _, err := stranger.Write(noise); err != nil {
			t.Fatal(err)
		}
	}
	p.talk(20)
}

// Calls come and go from many sides while media flows: for the race detector.
func TestCrowd(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{Capacity: 40, Silence: time.Hour})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for round := range 3 {
				p := newPhone(t, n, fmt.Sprintf("%d/%d", i, round), 440, round == 1, sdp.Audio, sdp.Video)
				p.call(fmt.Sprint("room ", i%3))
				p.talk(5)
				p.offered[1].Port = 0 // the video ends
				if _, err := n.Update(t.Context(), session.Update{ID: p.id, Offer: p.offer(2)}); err != nil {
					t.Error(err)
				}
				p.talk(3)
				n.Load()
				p.hangUp()
			}
		})
	}
	all.Wait()
	if load := n.Load(); load.Sessions != 0 || len(n.ports.taken) != 0 || len(n.rooms) != 0 {
		t.Errorf("left behind: %+v %v", load, n.ports.taken)
	}
}

// show sends one packet of video.
func (p *phone) show(h rtp.Header, payload []byte) {
	packet, to := p.streams[1].Video(make([]byte, 0, 2048), &h, payload, time.Now())
	p.send(p.conns[1], packet, to)
}

// control reads RTCP on the video line until one asks for something.
func (p *phone) awaitRequest() {
	p.t.Helper()
	conn := p.controls[1]
	if p.agreed[1].Mux {
		conn = p.conns[1]
	}
	buffer := make([]byte, 2048)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		n, src, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			p.t.Fatalf("%s was asked for nothing: %v", p.id, err)
		}
		if p.streams[1].Handle(time.Now(), buffer[:n], src).KeyFrame {
			return
		}
	}
}

// A Lync sender waits for a VSR, a plain one for a PLI; then each sees the other.
func TestVideo(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	lync := newPhone(t, n, "lync", 440, true, sdp.Audio, sdp.Video)
	plain := newPhone(t, n, "plain", 700, false, sdp.Audio, sdp.Video)
	lync.call("standup")
	plain.call("standup")
	lync.awaitRequest() // the VSR that opens Lync's camera

	layout := rtp.PACSI(rtp.Layout{Width: 640, Height: 360})
	idr := []byte{0x65, 1, 2, 3}
	lync.show(rtp.Header{SequenceNumber: 100, Timestamp: 9000}, layout)
	lync.show(rtp.Header{SequenceNumber: 101, Timestamp: 9000, Marker: true}, idr)
	a, ok := plain.read(plain.conns[1], 1, 5*time.Second)
	if !ok || !bytes.Equal(a.Payload, idr) || a.Header.PayloadType != 97 || !a.Header.Marker {
		t.Fatalf("plain sees %+v", a)
	}
	seq := a.Header.SequenceNumber
	lync.show(rtp.Header{SequenceNumber: 102, Timestamp: 12000, Marker: true}, []byte{0x61, 9})
	if a, ok = plain.read(plain.conns[1], 1, 5*time.Second); !ok || a.Header.SequenceNumber != seq+1 {
		t.Errorf("plain sees %+v", a)
	}

	// The other way: a slice first, so that the node has to ask for a key frame.
	plain.show(rtp.Header{SequenceNumber: 7, Timestamp: 1, Marker: true}, []byte{0x61, 5})
	plain.awaitRequest()
	plain.show(rtp.Header{SequenceNumber: 8, Timestamp: 3000, Marker: true}, idr)
	a, ok = lync.read(lync.conns[1], 1, 5*time.Second)
	if !ok || !bytes.Equal(a.Payload, idr) || a.Header.PayloadType != 122 {
		t.Errorf("lync sees %+v", a)
	}
	// A viewer that lost a picture is heard by the sender.
	plain.streams[1].KeyFrame()
	packet, to := plain.streams[1].Ask(make([]byte, 0, 2048), time.Now())
	plain.send(plain.controls[1], packet, to)
	lync.awaitRequest()
}

// RTCP moves to a port of its own and back, and video comes and goes, in the
// middle of a call.
func TestLinesChange(t *testing.T) {
	t.Parallel()
	n := boot(t, Config{})
	p := newPhone(t, n, "a", 440, true, sdp.Audio)
	p.call("standup")
	p.talk(3)
	before := p.agreed[0]
	change := func(version uint64) {
		t.Helper()
		a, err := n.Update(t.Context(), session.Update{ID: "a", Offer: p.offer(version)})
		if err != nil {
			t.Fatal(err)
		}
		p.take(a.SDP)
		p.talk(3)
	}
	p.offered[0].Mux = false
	change(2)
	if a := p.agreed[0]; a.Mux || a.Remote != before.Remote || a.RemoteRTCP.Port() != a.Remote.Port()+1 {
		t.Errorf("without mux: %v %v", a.Remote, a.RemoteRTCP)
	}
	report, to := p.streams[0].Report(make([]byte, 0, 2048), time.Now().Add(time.Minute))
	p.send(p.controls[0], report, to)

	video := newPhone(t, n, "a", 0, true, sdp.Audio, sdp.Video).offered[1]
	video.Port = p.sockets()
	p.offered = append(p.offered, video)
	change(3)
	if len(p.agreed) != 2 || len(n.ports.taken) != 2 {
		t.Errorf("with video: %d streams, ports %v", len(p.agreed), n.ports.taken)
	}
	p.awaitRequest()
	p.offered[0].Mux, p.offered[1].Port = true, 0
	change(4)
	if len(p.agreed) != 1 || len(n.ports.taken) != 1 {
		t.Errorf("without video: %d streams, ports %v", len(p.agreed), n.ports.taken)
	}
}

// A node that only reserves has no sockets, so it runs on a fake clock too.
func TestOnAFakeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := 0
		n, err := Start(t.Context(), Config{Name: "x", Bind: here, Silence: time.Second, Publish: func(session.Load) { beats++ }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Open(t.Context(), session.Open{ID: "a", Conference: "c", Reserve: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + time.Millisecond)
		n.Stop()
		if want := int(time.Minute/session.Beat) + 1; beats != want || len(n.sessions) != 0 {
			t.Errorf("%d beats in a minute, want %d; %d sessions after the end", beats, want, len(n.sessions))
		}
	})
}
