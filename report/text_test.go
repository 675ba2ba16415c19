package report

import (
	"bytes"
	"html"
	"os"
	"slices"
	"strings"
	"testing"

	"fedge/result"
)

func text(t *testing.T, r *Report, s Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Text(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// wantLines looks for lines in their order, whatever stands between.
func wantLines(t *testing.T, got string, want ...string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for _, w := range want {
		at := slices.Index(lines, w)
		if at < 0 {
			t.Errorf("no line %q after those before it in\n%s", w, got)
			return
		}
		lines = lines[at+1:]
	}
}

func TestCheckTextPutsWhatIsWrongFirst(t *testing.T) {
	wantLines(t, text(t, Check(fixtureCheck()), Style{Width: 120}),
		"check vc.example.com: fail",
		"  calls in: fail, calls out: pass",
		"  1 fail, 1 better to mend, 1 not observed, 1 wait for what is above, 1 not visible from here, 5 pass, 1 do not apply",
		"  Fails",
		"  DNS-02  fail  the SRV port is 5061",
		"    symptom  the Edge dials a port where nobody listens: timeout (ms-diagnostics 1046, 1047)",
		"    _sipfederationtls._tcp.vc.example.com",
		"      seen     _sipfederationtls._tcp.vc.example.com SRV 1 100 5062 sip.vc.example.com",
		"    fix      _sipfederationtls._tcp.vc.example.com 3600 IN SRV 1 100 5061 sip.vc.example.com",
		"  Better to mend",
		"  DNS-12  warning  no AAAA record where the deployment has no IPv6",
		"  Could not be observed",
		"    open     NET-06 of px02.vc.example.com",
		"  Waits           for DNS-02: FQD-02",
		"  Not visible     1 rule; they count neither way (--html FILE or --json FILE says what each would take)",
		"  Passes          CRT-05, DNS-01",
		"  Does not apply  DOM-09",
		"  again    simulator check --lab --fault srv-wrong-port --seed 7436211",
	)
}

// A command is printed as it is typed, however long it is: broken in two, or with
// the blanks in a quoted word lost, it would do something else when it is pasted.
func TestCommandsCanBePasted(t *testing.T) {
	command := "simulator check deployment.yaml --as partner.yaml --trigger 'command ssh manager  ./dial.sh --verbose' --resolver 192.0.2.53:53"
	c := fixtureCheck()
	c.Command = command
	wantLines(t, text(t, Check(c), Style{Width: 60}), "  again    "+command+" --seed 7436211")
	k := fixtureConform()
	k.Cases[1].Reproduce = command + " DLG-001"
	if got := text(t, Conform(k), Style{Width: 60}); !strings.Contains(got, "    again    "+command+" DLG-001\n") {
		t.Error(got)
	}
	var page strings.Builder
	if err := Check(c).HTML(&page); err != nil {
		t.Fatal(err)
	}
	if got := html.UnescapeString(page.String()); !strings.Contains(got, "<code>"+command+" --seed 7436211</code>") {
		t.Error("the page does not have it as it is")
	}
}

// After an interrupt nobody is said not to have answered.
func TestInterruptedCheckBlamesNobody(t *testing.T) {
	c := fixtureCheck()
	c.Verdict = result.Aborted
	got := text(t, Check(c), Style{Width: 300})
	if !strings.Contains(got, "The interrupt came before this was asked") || strings.Contains(got, "another name server") {
		t.Error(got)
	}
}

// A name that was not taken for a node is told wherever a person looks.
func TestCheckSaysWhoIsNoNode(t *testing.T) {
	c := fixtureCheck()
	c.PassedOver = []string{"owa.vc.example.com leads elsewhere"}
	wantLines(t, text(t, Check(c), Style{Width: 200}), "  no node  owa.vc.example.com leads elsewhere")
	var page strings.Builder
	if err := Check(c).HTML(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "owa.vc.example.com leads elsewhere") {
		t.Error("the page does not say it")
	}
}

// Calls out that nobody tried do not pass, and it is said how to try them.
func TestCheckSaysThatNothingWasTried(t *testing.T) {
	c := fixtureCheck()
	c.Outbound, c.OutboundHint = "not-tried", "add --trigger"
	said := text(t, Check(c), Style{Width: 200})
	if !strings.Contains(said, "calls out: not-tried\n") {
		t.Error(said)
	}
	wantLines(t, said, "  hint     add --trigger")
	properties := junit(t, Check(c)).Suites[0].Properties
	for _, want := range []string{"not-tried", c.OutboundHint} {
		if !slices.ContainsFunc(properties, func(p junitProperty) bool { return p.Value == want }) {
			t.Errorf("no JUnit property says %q: %v", want, properties)
		}
	}
	var page strings.Builder
	if err := Check(c).HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">not-tried</", "<small>add --trigger</small>"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestConformTextShowsWhatFailed(t *testing.T) {
	wantLines(t, text(t, Conform(fixtureConform()), Style{}),
		"conform px01.vc.example.com: fail",
		"  preflight: good; 1 fail, 1 inconclusive, 1 nonstrict, 2 pass, 1 skipped",
		"  fail            DLG-001  BYE is answered",
		"    demands  MUST: A UAS answers a BYE of a dialog it knows with 200.",
		"    expected 200 to BYE within 2 s",
		"    again    simulator conform DLG-001 --lab --seed 7436211",
		"  passes   CON 1 of 1, DLG 0 of 1, TLS 0 of 1, TXN 0 of 1, SDP 1 of 1",
		"  skipped",
		"    cases    SRT-001",
	)
}

func TestLoadTextSaysHowFastAndWhetherToBelieveIt(t *testing.T) {
	wantLines(t, text(t, Load(fixtureLoad()), Style{}),
		"load INVITE, hold 1 s, BYE; media: none: pass",
		"  offered 200 /s on 4 trunks: 4,021 calls, 99.98 % established, 200 /s",
		"  it takes at least 600 /s and less than 700 /s",
		"  delay                 p50      p90     p95     p99  p99.9      max  calls",
		"  answer, from plan  910 µs  1.62 ms  2.1 ms  8.3 ms      –  41.2 ms  4,020",
		"  cpu      target 1.48 s, generator 3.12 s",
		"  failures 1 timeout",
		"  pass fail if session_request_delay_seconds.p99>0.05: 0.0083",
		"  valid    5 detectors: 1 not-measured, 4 ok",
	)
}

// Of an invalid run a reader learns why, what to do, and where its numbers are;
// none of them is where it could be taken for the edge's.
func TestInvalidLoadShowsNoFigure(t *testing.T) {
	cut := fixtureInvalid() // interrupted besides
	cut.Verdict = result.Aborted
	load := fixtureInvalid()
	demo := fixtureDemo()
	demo.Load = &load
	for name, r := range map[string]*Report{"load": Load(fixtureInvalid()), "interrupted": Load(cut), "demo": Demo(demo)} {
		printed := text(t, r, Style{Width: 200})
		wantLines(t, printed,
			"  4,021 calls on 4 trunks: no figure may be drawn from them",
			"  invalid machine_busy is 97 %, the limit is 95 %",
			"             the target used 31 % of the machine",
			"    do       end what else runs on this machine, or take a lower --rate",
			"  valid    5 detectors: 1 invalid, 1 not-measured, 3 ok",
			"  failures timeout; how many is in the JSON",
			"  inconclusive fail if session_request_delay_seconds.p99>0.05: not judged, the run is invalid",
			"  raw      what was measured is in the JSON (--json FILE), marked invalid: it says more about the test than about the edge",
		)
		root, figures := parsePage(t, r)
		page := textOf(root)
		printed = printed[strings.Index(printed, "load INVITE"):]
		for _, figure := range []string{"910 µs", "8.3 ms", "0.0083", "1.48 s", "368 µs", "99.98", "200 /s", "600 /s", "1 timeout", "p99.9", "established,", "packets"} {
			if strings.Contains(printed, figure) {
				t.Errorf("%s: the text shows %q:\n%s", name, figure, printed)
			}
		}
		for _, figure := range []string{"910 µs", "8.3 ms", "0.0083", "1.48 s", "368 µs", "99.98", "600 /s", "established", "Failures", "second by second"} {
			if strings.Contains(page, figure) {
				t.Errorf("%s: the page shows %q", name, figure)
			}
		}
		for n := range root.Descendants() {
			if n.Data == "svg" && n.Parent != nil && n.Parent.Parent != nil && n.Parent.Parent.Data == "figure" {
				t.Errorf("%s: the page has a chart", name)
			}
		}
		for _, f := range figures {
			if path, ofLoad := strings.CutPrefix(f.path, "load."); (ofLoad || name != "demo") && isFigure(path) {
				t.Errorf("%s: the page shows %s as %q", name, f.path, f.text)
			}
		}
		for _, said := range []string{"no figure may be drawn from this run: machine_busy", "end what else runs on this machine", "not judged, the run is invalid", "--json FILE", "Calls failed: timeout;"} {
			if !strings.Contains(page, said) {
				t.Errorf("%s: the page does not say %q", name, said)
			}
		}
	}
	page, _ := parsePage(t, Load(cut))
	if !strings.Contains(textOf(page), "Interrupted, and invalid") {
		t.Error("the headline promises what was measured")
	}
}

func TestCallTextDrawsTheLadder(t *testing.T) {
	got := text(t, Call(fixtureOneCall()), Style{Width: 72})
	wantLines(t, got,
		"call sip:anna@contoso.example → sip:meet.alice@vc.example.com: pass",
		"                  sip.contoso.example          px01.vc.example.com",
		"     0.0 ms                │────────── INVITE ─────────▶│",
		"     2.1 ms                │◀─────── 100 INVITE ────────│",
		"  5023.1 ms                │◀───────── 200 BYE ─────────│",
		"  audio anna from px03.vc.example.com    250       248     2  830 µs  700 Hz 43.2 dB, 1100 Hz 41.7 dB, own -61.2 dB",
	)
}

// Nobody listened for tones, and there is one call, which has been named.
func TestCallTextNamesMediaOnce(t *testing.T) {
	c := fixtureOneCall()
	c.Call.Media = []result.Media{{Call: c.Call.CallID, Kind: "audio", From: "px03.vc.example.com", PacketsSent: 250, PacketsGot: 250, JitterSeconds: 0.001}}
	wantLines(t, text(t, Call(c), Style{Width: 72}),
		"  media                           sent  received  lost  jitter",
		"  audio from px03.vc.example.com   250       250     0    1 ms",
	)
}

func TestDemoTextSumsUp(t *testing.T) {
	wantLines(t, text(t, Demo(fixtureDemo()), Style{Width: 200}),
		"demo 5 hosts: fail",
		"  broken on purpose: srv-wrong-port",
		"  pass          start the world",
		"                2 signaling nodes, 4 media nodes, 2 partners",
		"check vc.example.com: fail",
		"  pass          Anna joins Alice's room",
		"                answer   200, by px01.vc.example.com, media from px03.vc.example.com",
		"conform px01.vc.example.com: fail",
		"load INVITE, hold 1 s, BYE; media: none: pass",
		"  again    simulator demo --fault srv-wrong-port --seed 7436211",
	)
}

func TestLadderWithThreeHostsCrossesTheMiddleOne(t *testing.T) {
	var out bytes.Buffer
	lines := []result.Line{
		{AtSeconds: 0, From: "a", To: "b", Label: "INVITE"}, {AtSeconds: 0.1, From: "b", To: "c", Label: "INVITE"},
		{AtSeconds: 0.2, From: "c", To: "a", Label: "200 INVITE"}, {AtSeconds: 0.3, From: "b", Label: "lost"}, {AtSeconds: 0.4, From: "a", To: "b", Label: "a label that is far too long for its lane"},
	}
	if err := Ladder(&out, lines, Style{Width: 70}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"                      a                  b                  c",
		"     0.0 ms           │───── INVITE ────▶│                  │",
		"   100.0 ms           │                  │───── INVITE ────▶│",
		"   200.0 ms           │◀──────────── 200 INVITE ────────────│",
		"   300.0 ms           │                  │ lost             │",
		"   400.0 ms           │── a label tha… ─▶│                  │",
		"",
	}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Colour is for terminals that want it; without, the text is the same.
func TestColourOnlyWhereItIsWanted(t *testing.T) {
	for name, r := range everyKind() {
		bare, painted := text(t, r, Style{}), text(t, r, Style{Color: true})
		if strings.Contains(bare, "\x1b") || !strings.Contains(painted, "\x1b[") {
			t.Errorf("%s: escapes in %v, %v", name, strings.Contains(bare, "\x1b"), strings.Contains(painted, "\x1b["))
		}
		for _, code := range []tone{good, bad, doubt, faint, bold} {
			painted = strings.ReplaceAll(painted, "\x1b["+string(code)+"m", "")
		}
		if strings.ReplaceAll(painted, "\x1b[0m", "") != bare {
			t.Errorf("%s: colour changes the text", name)
		}
	}
}

func TestTerminalStyleOfAFileIsPlain(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := Terminal(f); got != (Style{}) {
		t.Errorf("%+v", got)
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		show func(float64) string
		v    float64
		want string
	}{
		{seconds, 0, "0 s"}, {seconds, 0.00000042, "0.42 µs"}, {seconds, 0.000910, "910 µs"}, {seconds, 0.0083, "8.3 ms"}, {seconds, 0.9996, "1000 ms"}, {seconds, 1, "1 s"},
		{seconds, 12.345, "12.3 s"}, {seconds, 1234.5, "1234 s"}, {seconds, -0.002, "-2 ms"}, {millis, 5.0231, "5023.1 ms"},
		{percent, 1, "100 %"}, {percent, 0.99999, "99.999 %"}, {percent, 0.9997, "99.97 %"}, {percent, 0, "0 %"}, {percent, 0.5, "50 %"}, {percent, 1 - 1e-15, "100 %"},
		{count, 4021, "4,021"}, {count, 1234567, "1,234,567"}, {count, 12, "12"}, {count, -1234, "-1,234"},
		{rate, 199.6, "200 /s"}, {decibel, -61.25, "-61.2 dB"}, {number, 0.0083, "0.0083"}, {number, 2048, "2,048"},
	}
	for _, tt := range tests {
		if got := tt.show(tt.v); got != tt.want {
			t.Errorf("%v is shown as %q, want %q", tt.v, got, tt.want)
		}
	}
}
