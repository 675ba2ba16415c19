package loadtest

// Outcome is what one planned call came to.
type Outcome uint8

const (
	OK          Outcome = iota
	Busy                // 486, 600: the other side is there and does not want
	Rejected3xx         // redirected; RFC 6076 §4.6 leaves these out of its ratios
	Rejected4xx
	Rejected5xx
	Rejected6xx
	Timeout      // no final answer in time
	Transport    // the connection was lost or refused
	TLS          // the connection was not proved
	Parse        // what came back could not be read
	Assertion    // what came back was read and was not what is right
	Cancelled    // given up by us, because the run was stopped
	DroppedStart // due, and no slot was free or it was far too late
	outcomes     // how many there are
)

var outcomeNames = [outcomes]string{
	"ok", "busy", "rejected_3xx", "rejected_4xx", "rejected_5xx", "rejected_6xx", "timeout",
	"transport", "tls", "parse", "assertion", "cancelled", "dropped_start",
}

// String is the key in the JSON's failures.
func (o Outcome) String() string { return outcomeNames[o] }

// Answered turns the final status of an INVITE into its outcome.
func Answered(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return OK
	case status == 486 || status == 600:
		return Busy
	case status == 408:
		return Timeout
	case status >= 300 && status < 400:
		return Rejected3xx
	case status >= 400 && status < 500:
		return Rejected4xx
	case status >= 500 && status < 600:
		return Rejected5xx
	case status >= 600 && status < 700:
		return Rejected6xx
	}
	return Parse
}
