package result

import "slices"

// LoadSchema names the JSON of `simulator load`.
const LoadSchema = "fedge.load/1"

// Percentiles of a latency histogram, in seconds. A percentile that the sample
// size does not support is nil (p99 wants 1,000 samples, p999 10,000).
type Percentiles struct {
	P50  *float64 `json:"p50"`
	P90  *float64 `json:"p90"`
	P95  *float64 `json:"p95"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
	Max  *float64 `json:"max"`
	N    int64    `json:"n"`
}

// Validity is what one saturation detector saw.
type Validity struct {
	Detector string  `json:"detector"`
	Value    float64 `json:"value"`
	Limit    float64 `json:"limit"`
	Unit     string  `json:"unit"`
	Outcome  string  `json:"outcome"` // "ok" | "invalid" | "not-measured"
	Detail   string  `json:"detail,omitempty"`
	Fix      string  `json:"fix,omitempty"` // of one that is invalid: what to do about it
}

// Objective is one condition that a run was held to, and what was seen.
type Objective struct {
	FailIf  string   `json:"fail_if"`       // as --fail-if takes it
	Value   *float64 `json:"value"`         // nil: not judged, see Why
	Outcome Verdict  `json:"outcome"`       // pass, fail, inconclusive
	Why     string   `json:"why,omitempty"` // of inconclusive
}

// CPU in seconds of user and system time over the measured part.
type CPU struct {
	Generator float64 `json:"generator"`
	Target    float64 `json:"target"`
}

// Point is one second of a run, for charts.
type Point struct {
	AtSeconds float64  `json:"at_seconds"`
	Started   int64    `json:"started"`
	Completed int64    `json:"completed"`
	Failed    int64    `json:"failed"`
	P50       *float64 `json:"p50"`
	P99       *float64 `json:"p99"`
	Max       *float64 `json:"max"`
}

// Media is what the receivers of a call measured.
type Media struct {
	Call           string             `json:"call"`
	Kind           string             `json:"kind"` // audio, video
	From           string             `json:"from"` // the media node that sent it
	PacketsSent    int64              `json:"packets_sent"`
	PacketsGot     int64              `json:"packets_received"`
	PacketsLost    int64              `json:"packets_lost"`
	JitterSeconds  float64            `json:"jitter_seconds"`
	TonesDecibel   map[string]float64 `json:"tones_db,omitempty"` // Hz → dB over the noise
	OwnDecibel     *float64           `json:"own_tone_db,omitempty"`
	FramesReceived int64              `json:"frames_received,omitempty"`
	FrameCounter   []int64            `json:"frame_counter,omitempty"` // first and last
}

// Load is the result of `simulator load`.
type Load struct {
	Run
	Scenario                      string           `json:"scenario"`
	Trunks                        int              `json:"trunks"`
	OfferedRate                   float64          `json:"offered_rate"` // calls planned a second
	Attempts                      int64            `json:"attempts"`
	SessionEstablishmentRate      float64          `json:"session_establishment_rate"`  // RFC 7501, 1/s
	SessionEstablishmentRatio     float64          `json:"session_establishment_ratio"` // RFC 6076 §4.6, 0..1
	SessionRequestDelaySeconds    Percentiles      `json:"session_request_delay_seconds"`
	SessionRequestDelayFromSent   Percentiles      `json:"session_request_delay_from_sent_seconds"`
	SessionDisconnectDelaySeconds Percentiles      `json:"session_disconnect_delay_seconds"`
	Failures                      map[string]int64 `json:"failures"`
	Validity                      []Validity       `json:"validity"`
	Objectives                    []Objective      `json:"objectives"`
	Bounds                        *Bounds          `json:"bounds,omitempty"`
	CPU                           CPU              `json:"cpu"`
	Environment                   Environment      `json:"environment"`
	Series                        []Point          `json:"series"`
	Media                         []Media          `json:"media,omitempty"`
}

// Invalid tells whether no figure may be drawn from the run: a detector objects.
// One that was interrupted besides has another verdict, and is no more to be
// believed.
func (l *Load) Invalid() bool { return l.Verdict == Invalid || len(l.Objections()) > 0 }

// Objections are the detectors that make the run invalid.
func (l *Load) Objections() []Validity {
	return slices.DeleteFunc(slices.Clone(l.Validity), func(v Validity) bool { return v.Outcome != string(Invalid) })
}

// Bounds of a search, calls a second.
type Bounds struct {
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// Environment is what a figure depends on besides the code.
type Environment struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
}
