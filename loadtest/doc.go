// Package loadtest decides when calls start, keeps what they came to, and says
// whether the generator was fit to measure anything. It knows no SIP: package
// scenario makes the calls.
//
// The model is open. Start times are planned before the run, a late call is
// started at once and timed from when it was due, and a start that found no
// slot is counted, never silently left out. A trial passes, fails or is
// invalid; an invalid trial is no figure, whatever numbers it holds.
package loadtest
