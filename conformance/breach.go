package conformance

import (
	"fmt"
	"strings"

	"fedge/sip/raw"
)

// breach is what a request of the node's lacks that every request has to have
// (RFC 3261 §8.1.1; Table 2 for ACK and CANCEL); nil: nothing. What no reader
// would take for a request of SIP is none.
func breach(m *raw.Message) *Mismatch {
	if !m.IsRequest() || !strings.HasSuffix(strings.ToUpper(m.StartLine), " SIP/2.0") {
		return nil
	}
	names := []string{"To", "From", "CSeq", "Call-ID", "Max-Forwards", "Via"}
	if m.Method() == "INVITE" {
		names = append(names, "Contact") // §8.1.1.8
	}
	var lacks []string
	for _, name := range names {
		if m.Get(name) == "" {
			lacks = append(lacks, name)
		}
	}
	if lacks == nil {
		return nil
	}
	return &Mismatch{
		Class: Content, Expected: fmt.Sprintf("%s in every %s of the node's (RFC 3261 §8.1.1)", strings.Join(names, ", "), m.Method()),
		Actual: "no " + strings.Join(lacks, ", "),
	}
}

// saw looks at what the node said, whatever the case is about; the first breach
// counts.
func (t *trial) saw(m *raw.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.breach == nil {
		t.breach = breach(m)
	}
}

// breached is the first breach that the case has seen, nil if none.
func (t *trial) breached() *Mismatch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.breach
}
