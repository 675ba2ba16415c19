package conformance

// AnsweredAtAll demands an answer, whatever it says.
func (r *Reaction) AnsweredAtAll() error {
	return r.owed("an answer to "+r.what, func(int) bool { return true })
}
