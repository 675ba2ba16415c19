// Package mutant names defects that a test build can switch on, so that the
// conformance suite can be seen to fail. A release build holds none of them:
// there On is the constant false and the compiler drops what it guards.
//
// A mutant is one behaviour, at most five lines, next to the code it breaks:
//
//	if mutant.On("dlg.bye-unanswered") {
//		return
//	}
package mutant
