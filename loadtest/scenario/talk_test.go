package scenario

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fedge/dns"
	"fedge/loadtest"
	"fedge/lync"
	"fedge/result"
	"fedge/sip/raw"
)

// onLoopback moves a world from memory to real sockets: media has no others.
func onLoopback(t *testing.T, answer func(*peer, *raw.Message)) *world {
	t.Helper()
	w := newWorld(t, answer)
	w.close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.serve(ln)
	at := ln.Addr().(*net.TCPAddr)
	w.config.Org.Dial = nil
	w.config.Org.Resolver = dns.Records{
		Services: map[string][]dns.SRV{dns.FederationName("vc.example.com"): {{Target: "sip.vc.example.com", Port: uint16(at.Port)}}},
		Hosts:    map[string][]netip.Addr{"sip.vc.example.com": {netip.MustParseAddr("127.0.0.1")}},
	}
	w.config.Org.Timers = lync.Timers{}
	w.config.Scenario = Scenario{
		Name: "talk", Rate: 20, Duration: 200 * time.Millisecond, Arrival: loadtest.Constant, Media: MediaAudio, Hold: 50 * time.Millisecond,
	}
	return w
}

func TestTalk(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(*peer, *raw.Message)
		want   map[string]int64
	}{
		{"answers", func(p *peer, m *raw.Message) { p.ok(m, strings.ReplaceAll(peerAnswer, "\n", "\r\n")) }, map[string]int64{}},
		{"refuses", func(p *peer, m *raw.Message) { p.send(raw.Respond(m, 404, "Not Found", "target")) }, map[string]int64{"rejected_4xx": 4}},
		{"slams the link", func(p *peer, _ *raw.Message) { p.Abort() }, map[string]int64{"transport": 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onLoopback(t, tt.answer)
			load := run(t, w)
			if load.Attempts != 4 || len(load.Failures) != len(tt.want) {
				t.Errorf("%s: %d attempts, %v, want %v", load.Verdict, load.Attempts, load.Failures, tt.want)
			}
			for kind, n := range tt.want {
				if load.Failures[kind] != n {
					t.Errorf("%v, want %d %s", load.Failures, n, kind)
				}
			}
			if len(tt.want) == 0 && (w.target.byes.Load() != 4 || len(load.Media) == 0 || load.SessionDisconnectDelaySeconds.N != 4) {
				t.Errorf("%d BYE, media %+v", w.target.byes.Load(), load.Media)
			}
		})
	}
}

func TestSilent(t *testing.T) {
	if !silent(nil) || !silent([]result.Media{{Kind: "audio"}}) || silent([]result.Media{{}, {PacketsGot: 1}}) {
		t.Error("silent is when no packet came at all")
	}
}

// TestTonesCanBeToldApart: no two calls that are up together share a tone.
func TestTonesCanBeToldApart(t *testing.T) {
	seen := map[float64]bool{}
	for n := range int64(24) {
		f := tone(n)
		if seen[f] || f < 300 || f > 3400 {
			t.Errorf("tone %d is %v Hz", n, f)
		}
		seen[f] = true
	}
}
