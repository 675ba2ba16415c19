package raw

import "fmt"

// Match tells whether a message is the one that is looked for.
type Match func(*Message) bool

// Request matches requests of a method; "" matches any.
func Request(method string) Match {
	return func(m *Message) bool { return m.IsRequest() && (method == "" || m.Method() == method) }
}

// Response matches responses with one of the codes; none means any.
func Response(codes ...int) Match {
	return func(m *Message) bool {
		if m.IsRequest() {
			return false
		}
		for _, code := range codes {
			if m.Status() == code {
				return true
			}
		}
		return len(codes) == 0
	}
}

// Final matches responses that are not 1xx.
func Final() Match {
	return func(m *Message) bool { return !m.IsRequest() && m.Status() >= 200 }
}

// Provisional matches 1xx responses.
func Provisional() Match {
	return func(m *Message) bool { return !m.IsRequest() && m.Status() < 200 }
}

// InCall matches messages of a Call-ID.
func InCall(callID string) Match { return func(m *Message) bool { return m.CallID() == callID } }

// ForCSeq matches messages of a CSeq.
func ForCSeq(number uint32, method string) Match {
	return func(m *Message) bool {
		n, name := m.CSeq()
		return n == number && name == method
	}
}

// AnswerTo matches responses to this request: same Call-ID, CSeq and topmost
// Via branch.
func AnswerTo(request *Message) Match {
	number, method := request.CSeq()
	branch := request.branch()
	both := And(InCall(request.CallID()), ForCSeq(number, method))
	return func(m *Message) bool { return !m.IsRequest() && m.branch() == branch && both(m) }
}

// branch is the branch of the topmost Via, "" without one.
func (m *Message) branch() string {
	branch, _ := m.Param("Via", "branch")
	return branch
}

// And matches what all of them match.
func And(all ...Match) Match {
	return func(m *Message) bool {
		for _, match := range all {
			if !match(m) {
				return false
			}
		}
		return true
	}
}

// Or matches what one of them matches.
func Or(any ...Match) Match {
	return func(m *Message) bool {
		for _, match := range any {
			if match(m) {
				return true
			}
		}
		return false
	}
}

// Not matches what it does not match.
func Not(match Match) Match { return func(m *Message) bool { return !match(m) } }

// Unexpected is a message that was neither wanted nor to be passed over.
type Unexpected struct{ Message *Message }

func (e *Unexpected) Error() string {
	return fmt.Sprintf("raw: unexpected %q", e.Message.StartLine)
}

// First reads on to the first relevant message and returns it if it is
// wanted. Keep-alives, provisional responses (unless wanted) and what skip
// matches are passed over; anything else is an *[Unexpected] error. A nil
// skip skips nothing.
func (r *Reader) First(want, skip Match) (*Message, error) {
	for {
		m, err := r.Next()
		switch {
		case err != nil:
			return nil, err
		case want(m):
			return m, nil
		case !m.IsRequest() && m.Status() < 200, skip != nil && skip(m):
		default:
			return m, &Unexpected{Message: m}
		}
	}
}
