package gate

// Address is a From, To, Contact, Route or Record-Route value, split but not
// decoded (RFC 3261 §20.10).
type Address struct {
	Display string // as written, without its quotes
	URI     string // as written, without < >
	Params  Params // header parameters: what follows the URI
}

// ParseAddress splits a name-addr or addr-spec. It refuses what two readers
// could read differently: a display name that is neither tokens nor quoted, an
// unclosed quote or bracket, anything between > and the parameters, a parameter
// given twice.
func ParseAddress(s string) (Address, error) { panic("not written yet") }

// Params are parameters as written, from the first semicolon on.
type Params string

// Get returns a parameter's value, unquoted, and whether it is there. Names
// have no case, and white space around ";" and "=" does not count (RFC 3261
// §7.3.1, §25.1).
func (p Params) Get(name string) (value string, ok bool) { panic("not written yet") }

// Via is one Via value.
type Via struct {
	Raw       string // the whole value
	Transport string // as written
	SentBy    string // host[:port] without white space
	Branch    string // "" when there is none: Lync clients write none
	Params    Params
}
