package lab

import (
	"fmt"

	"fedge/lync"
	"fedge/result"
)

// Record begins the record of a call that was answered.
func Record(name string, call *lync.Call, spec lync.CallSpec) result.Call {
	node, _ := call.Node()
	out := result.Call{
		Name: name, Direction: "inbound", CallID: call.CallID(), From: spec.From, To: spec.To,
		Node: node, Status: call.Status(), Verdict: result.Pass,
	}
	for _, m := range call.Answer().Media {
		if m.RTP.Port() != 0 {
			out.MediaNode = m.RTP.Addr().String()
			break
		}
	}
	return out
}

// Finish adds what is known once a call is over: its ladder, what was heard,
// and which rules the node broke on the way.
func Finish(out *result.Call, call *lync.Call) {
	out.Ladder, out.Media = call.Ladder(), call.Quality()
	for _, v := range call.Violations() {
		out.Verdict = result.Fail
		out.Detail = fmt.Sprintf("%s: %s", v.Rule, v.Detail)
	}
}
