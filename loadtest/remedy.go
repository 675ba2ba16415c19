package loadtest

import "fedge/result"

// advised says, of each detector that objects, what to do about it.
func advised(vs []result.Validity) []result.Validity {
	known := remedies()
	for i := range vs {
		if vs[i].Outcome == detectorInvalid {
			vs[i].Fix = known[vs[i].Detector]
		}
	}
	return vs
}

// remedies by detector, for whoever typed the command.
func remedies() map[string]string {
	const late = "calls began later than they were due: end what else runs on this machine, or take a lower --rate"
	return map[string]string{
		"schedule_lag_p99": late,
		"schedule_lag_max": late,
		"dropped_starts":   "calls that were due found no slot, or came far too late: take a lower --rate, or a scenario that holds calls for less long",
		"achieved_ratio":   "the generator did not keep the plan: take a lower --rate, or a faster machine for it",
		"generator_cpu":    "the generator was the limit: take a lower --rate, or a machine with more cores for it",
		"machine_busy":     "end what else runs on this machine, put the target on another, or take a lower --rate",
		"machine_steal":    "the hypervisor gave this machine's time to others: run again when they are quiet, or on a machine of its own",
		"go_scheduler_p99": "the generator waited for a core: end what else runs on this machine, or take a lower --rate",
		"go_gc_share":      "the generator was busy with its memory: take a lower --rate, or a shorter --for",
		"hiccup_max":       "this machine stood still for a moment: run again, and on a quieter machine if it does so again",
		"clock_jump":       "the clock was set while calls ran: let it be synchronised first, then run again",
		"resource_errors":  "this machine ran out of ports, files or memory: raise its limits (ulimit -n), or take a lower --rate",
		"littles_law":      "the calls that were counted and the time that they took do not agree, for calls did not end: the failures in the JSON say how many; run for longer, or at a lower --rate",
		"target_limiter":   "let the target trust whom the load comes from (a partner with trust: allowed in the plan), or take a lower --rate",
	}
}
