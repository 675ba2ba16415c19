package loadtest

import "fedge/result"

// thresholdMetrics are what a threshold may be about: the keys of the JSON, a dot
// before what is inside. A nil value is one that the trial cannot tell.
var thresholdMetrics = knownMetrics()

func knownMetrics() map[string]func(*result.Load) *float64 {
	known := map[string]func(*result.Load) *float64{
		"offered_rate":                func(l *result.Load) *float64 { return &l.OfferedRate },
		"attempts":                    func(l *result.Load) *float64 { return new(float64(l.Attempts)) },
		"session_establishment_rate":  func(l *result.Load) *float64 { return &l.SessionEstablishmentRate },
		"session_establishment_ratio": func(l *result.Load) *float64 { return perAttempt(l, l.SessionEstablishmentRatio) },
		"failures":                    func(l *result.Load) *float64 { return new(float64(Failed(l))) },
		"failed_ratio":                func(l *result.Load) *float64 { return perAttempt(l, float64(Failed(l))/float64(l.Attempts)) },
		"cpu.generator":               func(l *result.Load) *float64 { return &l.CPU.Generator },
		"cpu.target":                  func(l *result.Load) *float64 { return &l.CPU.Target },
	}
	for o := OK + 1; o < outcomes; o++ {
		kind := o.String()
		known["failures."+kind] = func(l *result.Load) *float64 { return new(float64(l.Failures[kind])) }
	}
	for name, of := range map[string]func(*result.Load) *result.Percentiles{
		"session_request_delay_seconds":           func(l *result.Load) *result.Percentiles { return &l.SessionRequestDelaySeconds },
		"session_request_delay_from_sent_seconds": func(l *result.Load) *result.Percentiles { return &l.SessionRequestDelayFromSent },
		"session_disconnect_delay_seconds":        func(l *result.Load) *result.Percentiles { return &l.SessionDisconnectDelaySeconds },
	} {
		known[name+".p50"] = func(l *result.Load) *float64 { return of(l).P50 }
		known[name+".p90"] = func(l *result.Load) *float64 { return of(l).P90 }
		known[name+".p95"] = func(l *result.Load) *float64 { return of(l).P95 }
		known[name+".p99"] = func(l *result.Load) *float64 { return of(l).P99 }
		known[name+".p999"] = func(l *result.Load) *float64 { return of(l).P999 }
		known[name+".max"] = func(l *result.Load) *float64 { return of(l).Max }
	}
	return known
}

// perAttempt is a ratio of the attempts, which nothing is when there were none.
func perAttempt(l *result.Load, ratio float64) *float64 {
	if l.Attempts == 0 {
		return nil
	}
	return &ratio
}

// Failed is how many attempts failed: starts that were never made, and calls
// that we gave up because the run was stopped, are none of the target's.
func Failed(l *result.Load) int64 {
	var sum int64
	for kind, n := range l.Failures {
		if kind != DroppedStart.String() && kind != Cancelled.String() {
			sum += n
		}
	}
	return sum
}
