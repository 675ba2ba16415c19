package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/loadtest"
	"fedge/loadtest/scenario"
	"fedge/lync"
	"fedge/result"
)

// check looks at the world and counts.
func (d *demo) check(context.Context) (result.Verdict, string) {
	c, err := d.world.CheckConfig()
	if err != nil {
		return result.Error, err.Error()
	}
	r := runCheck(d.cmd, c, d.alone("check"))
	d.result.Check = &r
	var failed []string
	passed := 0
	for _, f := range r.Findings {
		switch {
		case f.Outcome == result.RulePass:
			passed++
		case f.Outcome == result.RuleFail && !slices.Contains(failed, f.ID):
			failed = append(failed, f.ID)
		}
	}
	if r.Verdict == result.Inconclusive {
		return r.Verdict, "what was asked was not answered, and no verdict may be drawn; the page has what was left open"
	}
	if len(failed) > 0 {
		return r.Verdict, fmt.Sprintf("against %s; what to mend is below, and more of it by simulator explain %s", strings.Join(failed, ", "), failed[0])
	}
	return r.Verdict, fmt.Sprintf("%d findings, all as planned; inbound %s, outbound %s", passed, r.Inbound, r.Outbound)
}

// because points from what failed to the first finding that says why.
func (d *demo) because(words string) string {
	if d.result.Check == nil {
		return words
	}
	for _, f := range d.result.Check.Findings {
		if f.Outcome == result.RuleFail && f.Severity == result.Required {
			return fmt.Sprintf("%s. The check found %s broken, which is where to begin: simulator explain %s", words, f.ID, f.ID)
		}
	}
	return words
}

// failed is the verdict on a step that an error ended.
func (d *demo) failed(lead string, err error) (result.Verdict, string) {
	words := bare(err)
	if d, ok := errors.AsType[*lync.Diagnostic](err); ok {
		words = fmt.Sprintf("the partner's Access Edge gives up: %q (ms-diagnostics %d)", d.Reason, d.ID)
	} else if refused, ok := errors.AsType[*lync.RefusedError](err); ok {
		words = plainly(refused).Error()
	}
	return result.Fail, d.because(lead + words)
}

// meetingTime is how long each participant listens.
const meetingTime = 2 * time.Second

// meet lets three users of contoso meet, one of them with video. In a world of
// several processes a room lives once in each, so all call the same node.
func (d *demo) meet(ctx context.Context) (result.Verdict, string) {
	org, err := d.world.Organisation(ctx, lab.Contoso, d.recorder)
	if err != nil {
		return result.Error, err.Error()
	}
	defer org.Stop()
	node := d.world.Plan.Signaling()[0].PublicAddr()
	calls, err := lab.Meeting(ctx, org, []lync.CallSpec{
		{From: "anna", To: lab.Room, Tone: 443, Video: true, Node: node},
		{From: "ben", To: lab.Room, Tone: 709, Video: true, Node: node},
		{From: "cleo", To: lab.Room, Tone: 1151, Node: node},
	}, meetingTime)
	for i := range calls {
		calls[i].From += "@" + lab.Contoso
	}
	d.result.Calls = append(d.result.Calls, d.world.Name(calls)...)
	if err != nil {
		return d.failed("a user cannot join: ", err)
	}
	for _, call := range calls {
		if call.Verdict != result.Pass {
			return call.Verdict, call.Name + ": " + call.Detail
		}
	}
	return result.Pass, "each hears the two others and not itself"
}

// callOut makes a node call contoso, and fabrikam, which has no SRV record.
func (d *demo) callOut(ctx context.Context) (result.Verdict, string) {
	org, err := d.world.Organisation(ctx, lab.Contoso, d.recorder)
	if err != nil {
		return result.Error, err.Error()
	}
	defer org.Stop()
	node := d.world.Plan.Signaling()[0]
	ben, err := org.Call(ctx, lync.CallSpec{From: "ben", To: lab.Room, Tone: 709, Node: node.PublicAddr()})
	if err != nil {
		return d.failed("nobody could be brought into the room, to be heard by who is called: ", err)
	}
	defer ben.Hangup(context.WithoutCancel(ctx))
	placed, err := d.world.Place(ctx, node, lab.Place{Room: lab.Room, To: "sip:anna@" + lab.Contoso, From: "sip:guest@elsewhere.example"})
	if err != nil {
		return d.failed("", err)
	}
	if placed.Status != http.StatusCreated {
		return result.Fail, d.because("no call to contoso came about; " + placed.Why())
	}
	call, _, err := d.world.Arrived(ctx, org, 709)
	if err != nil {
		return d.failed("", err)
	}
	d.result.Calls = append(d.result.Calls, d.world.Name([]result.Call{call})...)
	lost, err := d.world.Place(ctx, node, lab.Place{Room: lab.Room, To: "sip:kim@" + lab.Fabrikam})
	if err != nil {
		return d.failed("", err)
	}
	if lost.Status < 400 || !strings.Contains(lost.Body, "_sipfederationtls._tcp."+lab.Fabrikam) {
		return result.Fail, "a partner without SRV record was not refused by name; " + lost.Why()
	}
	return call.Verdict, fmt.Sprintf("contoso was called From %s and heard who is in the room; fabrikam has no SRV record, and the node says so", call.From)
}

// conform puts a few cases, one for each thing that is wrong first, to the first signaling node.
func (d *demo) conform(context.Context) (result.Verdict, string) {
	chosen, err := conformance.Select(cases.All(), cases.Smoke())
	if err != nil {
		return result.Error, err.Error()
	}
	target, err := d.world.Target(d.world.Plan.Signaling()[0])
	if err != nil {
		return result.Error, err.Error()
	}
	r := conformance.Run(d.cmd.Context(), conformance.Config{
		Target: target, Cases: chosen, Seed: seed(d.cmd), Command: d.alone("conform"), Recorder: d.recorder,
	})
	r.Tool = tool()
	d.result.Conform = &r
	return r.Verdict, fmt.Sprintf("%d of %d cases pass", r.Counts[result.CasePass], len(r.Cases))
}

// demoLoad is short, and far below what the machine takes: it shows what a load
// run says, not what the edge can do.
const (
	demoRate = 100
	demoTime = 6 * time.Second
)

func (d *demo) load(ctx context.Context) (result.Verdict, string) {
	s, err := scenario.Builtin("L4")
	if err != nil {
		return result.Error, err.Error()
	}
	s.Rate, s.Duration = demoRate, demoTime
	c := scenario.Config{
		Scenario: s, Seed: seed(d.cmd), Tool: tool(),
		Progress: func(p loadtest.Progress) { d.said("  %s", second(p)) },
	}
	if err := d.world.LoadConfig(&c); err != nil {
		return result.Error, err.Error()
	}
	r, err := d.trial(ctx, c)
	if err != nil {
		return d.failed("no load could be put on: ", err)
	}
	d.result.Load = &r
	if r.Invalid() {
		var objecting []string
		for _, v := range r.Objections() {
			objecting = append(objecting, v.Detector)
		}
		return r.Verdict, fmt.Sprintf("no figure may be drawn: the generator or this machine was the limit, not the edge (%s); try again when it is quieter", strings.Join(objecting, ", "))
	}
	detail := fmt.Sprintf("%d calls at %.0f/s, %d failed", r.Attempts, r.OfferedRate, loadtest.Failed(&r))
	if p := r.SessionRequestDelaySeconds.P95; p != nil {
		detail += fmt.Sprintf(", 95 %% answered within %.1f ms of their planned start", *p*1000)
	}
	return r.Verdict, detail
}

// trials bounds how often an invalid trial is repeated: the machine was busy
// with something else, and no figure may be drawn from it.
const trials = 3

func (d *demo) trial(ctx context.Context, c scenario.Config) (r result.Load, err error) {
	for range trials {
		r, err = scenario.Run(ctx, c)
		if err != nil || r.Verdict != result.Invalid {
			return r, err
		}
		for _, v := range r.Objections() {
			d.said("  invalid: %s is %.3g %s, the limit %.3g; the generator or the machine was the limit, not the target", v.Detector, v.Value, v.Unit, v.Limit)
		}
	}
	return r, nil
}

// lose ends the signaling node that nobody talks to any more, and calls.
func (d *demo) lose(ctx context.Context) (result.Verdict, string) {
	signaling := d.world.Plan.Signaling()
	victim := signaling[len(signaling)-1].Name
	end := "was ended without warning"
	if !d.world.Lives(victim) {
		end = "never came up"
	} else if err := d.world.Kill(victim); err != nil {
		return result.Error, err.Error()
	}
	config, err := d.world.Partner(lab.Contoso, d.recorder)
	if err != nil {
		return result.Error, err.Error()
	}
	call, err := placeOne(ctx, config, lync.CallSpec{From: "anna", To: lab.Room, Tone: 443}, time.Second)
	if err != nil {
		return d.failed(victim+" is dead, and the next call fails: ", err)
	}
	call.Name = "after " + victim + " died"
	call = d.world.Name([]result.Call{call})[0]
	d.result.Calls = append(d.result.Calls, call)
	return call.Verdict, fmt.Sprintf("%s %s; the next call was answered by %s", victim, end, call.Node)
}
