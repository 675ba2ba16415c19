package gate

// Reject is a message that the gate did not let through.
type Reject struct {
	Check   string   // the check that failed, in a word: "content-length", "version"
	Detail  string   // what was wrong; quotes nothing from the peer unescaped
	Status  int      // the answer the peer is owed: 400, 413, 414, 416, 505, 513; 0: none (a response, an ACK, or nothing to answer to)
	Reason  string   // its reason phrase
	Close   bool     // where the next message starts is unknown: answer, then close the link
	Message *Message // what could be indexed of it, for the log and the transcript; may be nil
}

func (r *Reject) Error() string { return "gate: " + r.Check + ": " + r.Detail }

// Response renders the answer that the peer is owed, nil when it is owed none.
// It copies only header values that hold no control characters.
func (r *Reject) Response(product string) []byte { panic("not written yet") }
