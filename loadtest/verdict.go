package loadtest

import (
	"fedge/result"
)

// load is the trial as it is reported: what was measured, whether it may be
// believed, and what follows.
func (t *Trial) load(r Readings, aborted bool) result.Load {
	total := t.total
	load := result.Load{
		Run:                           result.Run{Schema: result.LoadSchema, Seed: t.cfg.Plan.Seed},
		Attempts:                      total.began,
		SessionRequestDelaySeconds:    total.fromDue.Percentiles(),
		SessionRequestDelayFromSent:   total.fromSent.Percentiles(),
		SessionDisconnectDelaySeconds: total.disconnect.Percentiles(),
		Failures:                      total.failures(r.Pacing.Dropped),
		Validity:                      Judge(r, t.cfg.Limits),
		Environment:                   Here(),
		Series:                        t.series,
	}
	if span := r.Pacing.Span.Seconds(); span > 0 {
		load.OfferedRate = float64(r.Pacing.Planned) / span
		load.SessionEstablishmentRate = float64(total.established) / span
	}
	// RFC 6076 §4.6: what was answered with a redirection does not count.
	if asked := total.began - total.outcomes[Rejected3xx]; asked > 0 {
		load.SessionEstablishmentRatio = float64(total.established) / float64(asked)
	}
	load.Verdict = t.verdict(&load, aborted)
	return load
}

// verdict of a trial: what was cut short or cannot be believed says nothing
// about the target, whatever its objectives.
func (t *Trial) verdict(load *result.Load, aborted bool) result.Verdict {
	held := Hold(load, t.cfg.Thresholds)
	switch {
	case aborted:
		return result.Aborted
	case load.Invalid():
		return result.Invalid
	case load.Attempts == 0:
		return result.Inconclusive
	}
	return held
}

// failures by kind; only kinds that happened are listed.
func (p *page) failures(dropped int64) map[string]int64 {
	kinds := map[string]int64{}
	for o, n := range p.outcomes {
		if n > 0 && Outcome(o) != OK {
			kinds[Outcome(o).String()] = n
		}
	}
	if dropped > 0 {
		kinds[DroppedStart.String()] = dropped
	}
	return kinds
}
