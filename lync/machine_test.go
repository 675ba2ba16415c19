package lync

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/sip/raw"
)

var update = flag.Bool("update", false, "write the golden files anew")

// epoch is when tests of machines begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func testProfile(t testing.TB, clientGen string) *Profile {
	t.Helper()
	p, err := NewProfile("2015", clientGen, "contoso.example", "sip.contoso.example", 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testOffer(video bool) Offer {
	o := Offer{Address: netip.MustParseAddr("192.0.2.43"), SSRC: 1000, Audio: Port{RTP: 50052, Key: Key{1, 2, 3}}}
	if video {
		o.Video = Port{RTP: 50060, Key: Key{4, 5, 6}}
	}
	return o
}

func testCaller(t testing.TB, p *Profile, variant int, o Offer) *Machine {
	t.Helper()
	return NewCaller(CallerConfig{
		Profile: p, Variant: variant, ID: NewIDs(7).Next(), From: Party{Address: "anna@contoso.example"},
		To: "meet.alice@vc.example.com", Via: "203.0.113.10:51012", Offer: Describe(o),
	})
}

// sentBy is what a machine wants sent, parsed.
func sentBy(t testing.TB, actions []Action) []*raw.Message {
	t.Helper()
	var out []*raw.Message
	for _, a := range actions {
		if a.Kind != Send {
			continue
		}
		m, err := raw.Parse(a.Bytes)
		if err != nil {
			t.Fatalf("sent %q: %v", a.Bytes, err)
		}
		if a.Label.Text != m.Label() || a.Label.CallID != m.CallID() || a.Label.CSeq != m.Get("CSeq") {
			t.Errorf("label %+v for %q", a.Label, m.StartLine)
		}
		if n := m.Get("Content-Length"); n != itoa(len(m.Body)) {
			t.Errorf("%s: Content-Length %s, body %d", m.Label(), n, len(m.Body))
		}
		out = append(out, m)
	}
	return out
}

func kinds(actions []Action) string {
	var out []string
	for _, a := range actions {
		name := a.Kind.String()
		if a.Kind == Send {
			name = a.Label.Text
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// TestGoldenInvite holds every byte of the messages of each generation.
func TestGoldenInvite(t *testing.T) {
	for _, c := range []struct {
		name, gen string
		variant   int
		video     bool
	}{
		{"2016-audio-video", "2016", 0, true},
		{"2016-audio", "2016", 0, false},
		{"2013-audio-video", "2013", 0, true},
		{"2010-audio", "2010", 0, false},
		{"2016-variant-3", "2016", 3, false},
	} {
		m := testCaller(t, testProfile(t, c.gen), c.variant, testOffer(c.video))
		actions := m.Start(epoch)
		if kinds(actions) != "INVITE" {
			t.Fatalf("%s: %s", c.name, kinds(actions))
		}
		sentBy(t, actions)
		file := filepath.Join("testdata", "invite-"+c.name+".sip")
		if *update {
			if err := os.WriteFile(file, actions[0].Bytes, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(actions[0].Bytes) {
			t.Errorf("%s differs from %s; got\n%s", c.name, file, actions[0].Bytes)
		}
	}
}

// TestInviteShape holds what lync's peers stumble over, in every variant.
func TestInviteShape(t *testing.T) {
	for _, gen := range ClientGenerations() {
		p := testProfile(t, gen)
		for v := range variants {
			m := sentBy(t, testCaller(t, p, v, testOffer(true)).Start(epoch))[0]
			order := []string{}
			for _, h := range m.Headers[:6] {
				order = append(order, h.Name)
			}
			if got := strings.Join(order, " "); got != "Record-Route Via Max-Forwards Content-Length Via Via" && got != "Record-Route Via Max-Forwards Content-Length Via Record-Route" {
				t.Errorf("%s/%d begins %s", gen, v, got)
			}
			vias := m.List("Via")
			if _, has := m.Param("Via", "branch"); !has || strings.Contains(vias[len(vias)-1], "branch") {
				t.Errorf("%s/%d: Via %q", gen, v, vias)
			}
			for _, route := range m.List("Record-Route") {
				n, err := raw.ParseNameAddr(route)
				if _, lr := n.URI.Params.Get("lr"); err != nil || !lr || len(n.Params) == 0 {
					t.Errorf("%s/%d: Record-Route %s: %v", gen, v, route, err)
				}
			}
			contact, err := raw.ParseURI(contactOf(m))
			if _, gruu := contact.Params.Get("gruu"); err != nil || !gruu || contact.Port != 0 || contact.Host != "contoso.example" {
				t.Errorf("%s/%d: Contact %+v", gen, v, contact)
			}
			from, err := raw.ParseNameAddr(m.Get("From"))
			if err != nil || m.Tag("From") == "" || m.Tag("To") != "" || from.URI.Address() != "anna@contoso.example" {
				t.Errorf("%s/%d: From %+v, To %s", gen, v, from, m.Get("To"))
			}
			body, err := sdpOf(m)
			if err != nil {
				t.Fatal(err)
			}
			d, err := parseSDP(body)
			if err != nil || len(d.media) != 2 || d.media[0].port != 50052 || d.media[1].port != 50060 {
				t.Errorf("%s/%d: %+v, %v", gen, v, d, err)
			}
			if size := len(m.Bytes); size < 4000 || size > 14000 {
				t.Errorf("%s/%d: %d bytes", gen, v, size)
			}
		}
	}
}

func TestIDsAreUnique(t *testing.T) {
	ids, again, other := NewIDs(5), NewIDs(5), NewIDs(0)
	seen := map[string]bool{}
	for range 2000 {
		id := ids.Next()
		if id != again.Next() {
			t.Fatal("the same run gives other names")
		}
		for _, s := range []string{id.CallID(), id.branch() + id.branchTail(), other.Next().CallID()} {
			if seen[s] {
				t.Fatalf("%s twice", s)
			}
			seen[s] = true
		}
		if len(id.CallID()) != 32 || len(id.Tag()) != 10 || len(id.ufrag(1)) != 4 || len(id.password(1)) != 24 {
			t.Fatalf("%+v", id)
		}
	}
}

func BenchmarkInvite(b *testing.B) {
	for _, gen := range ClientGenerations() {
		b.Run(gen, func(b *testing.B) {
			p, ids, d := testProfile(b, gen), NewIDs(7), Describe(testOffer(false))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m := NewCaller(CallerConfig{
					Profile: p, Variant: i, ID: ids.Next(), From: Party{Address: "anna@contoso.example"},
					To: "meet.alice@vc.example.com", Via: "203.0.113.10:51012", Offer: d,
				})
				m.Start(epoch)
			}
		})
	}
}

// BenchmarkCall is what the simulator's side of a whole call costs without its
// link: three messages out, three in.
func BenchmarkCall(b *testing.B) {
	p, ids, d := testProfile(b, "2016"), NewIDs(7), Describe(testOffer(false))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := NewCaller(CallerConfig{
			Profile: p, Variant: i, ID: ids.Next(), From: Party{Address: "anna@contoso.example"},
			To: "meet.alice@vc.example.com", Via: "203.0.113.10:51012", Offer: d, Lenient: true,
		})
		answer := func(actions []Action, status int) []byte {
			b.StopTimer()
			defer b.StartTimer()
			request, err := raw.Parse(actions[len(actions)-1].Bytes)
			if err != nil {
				b.Fatal(err)
			}
			return raw.Respond(request, status, "OK", "far").Header("Contact", farContact).Bytes()
		}
		read := func(bytes []byte) *raw.Message {
			m, err := raw.Parse(bytes)
			if err != nil {
				b.Fatal(err)
			}
			return m
		}
		invite := m.Start(epoch)
		trying, ok := answer(invite, 100), answer(invite, 200)
		m.Handle(epoch, read(trying))
		m.Handle(epoch, read(ok))
		m.Handle(epoch, read(answer(m.Hangup(epoch), 200)))
		if m.State() != Over {
			b.Fatal(m.State())
		}
	}
}
