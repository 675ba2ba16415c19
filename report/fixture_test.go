package report

import (
	"fmt"
	"math"
	"time"

	"fedge/result"
)

// hostile is what a peer may put where a name belongs.
const hostile = "\x1b[31mEve\x1b[0m <script>alert('x')</script> \u009b2J\u202eevil\r\n  PASS forged"

// key is an SDES key, which no format may show.
const key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

var (
	tool    = result.Tool{Version: "v0.1.0", Commit: "82a0866", Go: "go1.26.8"}
	started = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
)

func run(schema string, v result.Verdict, took float64, command string) result.Run {
	return result.Run{Schema: schema, Verdict: v, Tool: tool, Seed: 7436211, Started: started, TookSeconds: took, Command: command}
}

func fixtureCheck() result.Check {
	srv := "_sipfederationtls._tcp.vc.example.com"
	c := result.Check{
		Run: run(result.CheckSchema, result.Fail, 3.214, "simulator check --lab --fault srv-wrong-port"), Domain: "vc.example.com",
		Inbound: result.Fail, Outbound: result.Pass, Facts: map[string]any{"observer": "contoso.example", "lookups": []any{map[string]any{"name": srv, "type": "SRV"}}},
		Findings: []result.Finding{
			{ID: "DNS-01", Title: "the federation SRV record of the SIP domain exists", Severity: result.Required, Direction: "both", Outcome: result.RulePass, Subject: srv,
				Evidence: []string{srv + " SRV 1 100 5062 sip.vc.example.com"}},
			{ID: "DNS-02", Title: "the SRV port is 5061", Severity: result.Required, Direction: "inbound", Outcome: result.RuleFail, Subject: srv,
				Evidence: []string{srv + " SRV 1 100 5062 sip.vc.example.com", "asked 127.1.7.53:5353"},
				Symptom:  "the Edge dials a port where nobody listens: timeout (ms-diagnostics 1046, 1047)", Fix: srv + " 3600 IN SRV 1 100 5061 sip.vc.example.com"},
			{ID: "DNS-12", Title: "no AAAA record where the deployment has no IPv6", Severity: result.Warning, Direction: "both", Outcome: result.RuleFail, Subject: "px02.vc.example.com",
				Evidence: []string{"px02.vc.example.com AAAA 2001:db8::42"}, Symptom: "slow set-up: IPv6 is tried first and times out", Fix: "remove the AAAA record, or give the node IPv6"},
			{ID: "FQD-02", Title: "Contact names the node", Severity: result.Required, Direction: "inbound", Outcome: result.NotChecked, Why: "precondition DNS-02", Subject: "px01.vc.example.com"},
			{ID: "NET-04", Title: "media ports are open", Severity: result.Required, Direction: "both", Outcome: result.NotChecked, Why: result.NotVisible, Subject: "firewall"},
			{ID: "NET-06", Title: "the clock is right", Severity: result.Recommended, Direction: "both", Outcome: result.NotChecked, Why: result.ObservationFailed, Subject: "px02.vc.example.com",
				Evidence: []string{"the node sent no Date header: " + hostile}},
			{ID: "DOM-09", Title: "a second SIP domain has its own record", Severity: result.Required, Direction: "both", Outcome: result.NotApplicable, Subject: "vc.example.com"},
		},
	}
	for n := 1; n <= 4; n++ {
		c.Findings = append(c.Findings, result.Finding{ID: "CRT-05", Title: "the certificate names the node", Severity: result.Required, Direction: "both",
			Outcome: result.RulePass, Subject: fmt.Sprintf("px%02d.vc.example.com", n), Evidence: []string{"SAN sip.vc.example.com, px01 … px04"}})
	}
	return c
}

func fixtureLadder() []result.Line {
	edge, client := "px01.vc.example.com", "sip.contoso.example"
	invite := "INVITE sip:meet.alice@vc.example.com SIP/2.0\r\nFrom: \"" + hostile + "\" <sip:anna@contoso.example>;tag=1\r\n\r\n" +
		"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^31|1:1\r\n"
	return []result.Line{
		{AtSeconds: 0, From: client, To: edge, Label: "INVITE", Text: invite},
		{AtSeconds: 0.0021, From: edge, To: client, Label: "100 INVITE", Text: "SIP/2.0 100 Trying\r\n\r\n"},
		{AtSeconds: 0.0184, From: edge, To: client, Label: "200 INVITE", Text: "SIP/2.0 200 OK\r\n\r\n"},
		{AtSeconds: 0.0192, From: client, To: edge, Label: "ACK", Text: "ACK sip:px01.vc.example.com SIP/2.0\r\n\r\n"},
		{AtSeconds: 5.02, From: client, To: edge, Label: "BYE", Text: "BYE sip:px01.vc.example.com SIP/2.0\r\n\r\n"},
		{AtSeconds: 5.0231, From: edge, To: client, Label: "200 BYE", Text: "SIP/2.0 200 OK\r\n\r\n"},
	}
}

// fixtureOneCall is the same call as `simulator call` reports it.
func fixtureOneCall() result.OneCall {
	c := fixtureCall()
	return result.OneCall{Run: run(result.CallSchema, c.Verdict, 5.1, "simulator call"), Call: c}
}

func fixtureCall() result.Call {
	return result.Call{
		Name: "Anna joins Alice's room", Direction: "inbound", CallID: "b1c2d3", From: "sip:anna@contoso.example", To: "sip:meet.alice@vc.example.com",
		Node: "px01.vc.example.com", MediaNode: "px03.vc.example.com", Status: 200, Verdict: result.Pass, Detail: "heard the two others, not herself",
		Ladder: fixtureLadder(),
		Media: []result.Media{
			{Call: "anna", Kind: "audio", From: "px03.vc.example.com", PacketsSent: 250, PacketsGot: 248, PacketsLost: 2, JitterSeconds: 0.00083,
				TonesDecibel: map[string]float64{"700": 43.2, "1100": 41.7}, OwnDecibel: new(-61.25)},
			{Call: "anna", Kind: "video", From: "px03.vc.example.com", PacketsSent: 1200, PacketsGot: 1200, JitterSeconds: 0.0021, FramesReceived: 148, FrameCounter: []int64{2, 149}},
		},
	}
}

func fixtureConform() result.Conform {
	return result.Conform{
		Run: run(result.ConformSchema, result.Fail, 4.41, "simulator conform --lab --mutant dlg.bye-unanswered"), Target: "px01.vc.example.com", Mutant: "dlg.bye-unanswered", Preflight: "good",
		Counts: map[result.CaseOutcome]int{result.CasePass: 2, result.CaseFail: 1, result.CaseInconclusive: 1, result.CaseNonstrict: 1, result.CaseSkipped: 1},
		Cases: []result.Case{
			{ID: "CON-001", Title: "one INVITE in two TLS records", Requirement: "A message is framed by Content-Length, not by records.", Severity: "MUST", Outcome: result.CasePass,
				Refs: []string{"RFC 3261 §18.3"}, TookSeconds: 0.041, Expected: "200", Actual: "200"},
			{ID: "DLG-001", Title: "BYE is answered", Requirement: "A UAS answers a BYE of a dialog it knows with 200.", Severity: "MUST", Outcome: result.CaseFail, Class: "timeout",
				Expected: "200 to BYE within 2 s", Actual: "nothing for 2 s, from " + hostile, Refs: []string{"RFC 3261 §15.1.2"}, TookSeconds: 2.13, Transcript: fixtureLadder(),
				Reproduce: "simulator conform DLG-001 --lab --seed 7436211", Notes: []string{"the positive control passed before and after"}},
			{ID: "TLS-010", Title: "the handshake ends without a client certificate", Requirement: "A peer without a certificate gets no SIP.", Severity: "MUST", Outcome: result.CaseInconclusive,
				Actual: "the control call failed first", Refs: []string{"design"}, TookSeconds: 0.5},
			{ID: "TXN-009", Title: "a foreign CANCEL does not match", Requirement: "CANCEL matches on its own connection.", Severity: "SHOULD", Outcome: result.CaseNonstrict,
				Expected: "481", Actual: "200", Refs: []string{"RFC 3261 §9.2"}, TookSeconds: 0.02},
			{ID: "SDP-001", Title: "the right crypto line is chosen", Requirement: "The line without MKI is chosen.", Severity: "MUST", Outcome: result.CasePass, Refs: []string{"RFC 4568"}, TookSeconds: 0.07},
			{ID: "SRT-001", Title: "media is protected", Requirement: "RTP is SRTP.", Severity: "MUST", Outcome: result.CaseSkipped, Refs: []string{"RFC 3711"}},
		},
	}
}

func fixtureLoad() result.Load {
	l := result.Load{
		Run: run(result.LoadSchema, result.Pass, 20.4, "simulator load --lab --builtin L1 --rate 200"), Scenario: "INVITE, hold 1 s, BYE; media: none", Trunks: 4, OfferedRate: 200,
		Attempts: 4021, SessionEstablishmentRate: 199.6, SessionEstablishmentRatio: 0.99975,
		SessionRequestDelaySeconds:    result.Percentiles{P50: new(0.00091), P90: new(0.00162), P95: new(0.0021), P99: new(0.0083), Max: new(0.0412), N: 4020},
		SessionRequestDelayFromSent:   result.Percentiles{P50: new(0.00088), P90: new(0.00151), P95: new(0.0019), P99: new(0.0079), Max: new(0.0401), N: 4020},
		SessionDisconnectDelaySeconds: result.Percentiles{P50: new(0.00045), P90: new(0.0008), P95: new(0.001), P99: new(0.004), Max: new(0.021), N: 4020},
		Failures:                      map[string]int64{"timeout": 1, "rejected_5xx": 0},
		Validity: []result.Validity{
			{Detector: "schedule_lag_p99", Value: 0.00042, Limit: 0.005, Unit: "s", Outcome: "ok"},
			{Detector: "dropped_starts", Value: 0, Limit: 0, Unit: "starts", Outcome: "ok"},
			{Detector: "generator_cpu", Value: 0.31, Limit: 0.7, Unit: "ratio", Outcome: "ok"},
			{Detector: "machine_busy", Value: 0.83, Limit: 0.95, Unit: "ratio", Outcome: "ok"},
			{Detector: "limiter", Unit: "refusals", Outcome: "not-measured", Detail: "the target has no such counter"},
		},
		Objectives:  []result.Objective{{FailIf: "session_request_delay_seconds.p99>0.05", Value: new(0.0083), Outcome: result.Pass}},
		Bounds:      &result.Bounds{Lower: 600, Upper: 700},
		CPU:         result.CPU{Generator: 3.12, Target: 1.48},
		Environment: result.Environment{OS: "linux", Arch: "amd64", CPU: "AMD EPYC", Cores: 2, Kernel: "6.18", Go: "go1.26.8"},
	}
	for i := range 20 {
		wave := 0.001 + 0.0006*math.Sin(float64(i)/2)
		p := result.Point{AtSeconds: float64(i), Started: 200 + int64(i%5) - 2, Completed: 199, P50: new(wave), P99: new(4 * wave), Max: new(9 * wave)}
		if i == 13 {
			p.Failed, p.Completed, p.Max = 1, 198, new(0.0412)
		}
		if i == 19 { // nothing was answered in the last second
			p.P50, p.P99, p.Max = nil, nil, nil
		}
		l.Series = append(l.Series, p)
	}
	return l
}

// fixtureInvalid is the same run on a machine that had too much else to do.
func fixtureInvalid() result.Load {
	l := fixtureLoad()
	l.Verdict = result.Invalid
	l.Validity[3] = result.Validity{Detector: "machine_busy", Value: 0.97, Limit: 0.95, Unit: "ratio", Outcome: "invalid",
		Detail: "the target used 31 % of the machine", Fix: "end what else runs on this machine, or take a lower --rate"}
	l.Objectives = []result.Objective{{FailIf: "session_request_delay_seconds.p99>0.05", Outcome: result.Inconclusive, Why: "the run is invalid"}}
	l.Media = fixtureCall().Media
	return l
}

func fixtureDemo() result.Demo {
	check, conform, load := fixtureCheck(), fixtureConform(), fixtureLoad()
	refused := fixtureCall()
	refused.Name, refused.Direction, refused.From, refused.To = "The room dials out to Fabrikam", "outbound", "sip:meet.alice@vc.example.com", "sip:bob@fabrikam.example"
	refused.Status, refused.MediaNode, refused.Media, refused.CallID = 0, "", nil, ""
	refused.Ladder = nil
	refused.Detail = "refused as planned: there is no _sipfederationtls._tcp.fabrikam.example " + hostile
	return result.Demo{
		Run:    run(result.DemoSchema, result.Fail, 41.7, "simulator demo --fault srv-wrong-port"),
		Faults: []string{"srv-wrong-port"},
		World: []result.Host{
			{Name: "px01.vc.example.com", Address: "127.1.7.40", Role: "signaling node"}, {Name: "px02.vc.example.com", Address: "127.1.7.41", Role: "signaling node"},
			{Name: "px03.vc.example.com", Address: "127.1.7.42", Role: "media node"}, {Name: "sip.contoso.example", Address: "127.1.7.60", Role: "Access Edge of contoso.example"},
			{Name: "dns", Address: "127.1.7.53:5353", Role: "name server of all zones"},
		},
		Steps: []result.Step{
			{Name: "start the world", Verdict: result.Pass, Detail: "2 signaling nodes, 4 media nodes, 2 partners", TookSeconds: 1.91},
			{Name: "check the deployment", Verdict: result.Fail, Detail: "1 required rule fails", TookSeconds: 3.214},
			{Name: "place calls", Verdict: result.Pass, Detail: "2 of 2 as planned", TookSeconds: 6.3},
			{Name: "conformance", Verdict: result.Fail, Detail: "1 of 6 cases fails", TookSeconds: 4.41},
			{Name: "load", Verdict: result.Pass, Detail: "200 calls a second for 20 s", TookSeconds: 20.4},
		},
		Check: &check, Calls: []result.Call{fixtureCall(), refused}, Conform: &conform, Load: &load,
	}
}
