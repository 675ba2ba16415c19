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
		Severity: Must, // whatever the case is about
		Class:    Content, Expected: fmt.Sprintf("%s in every %s of the node's (RFC 3261 §8.1.1)", strings.Join(names, ", "), m.Method()),
		Actual: "no " + strings.Join(lacks, ", "),
	}
}

// saw looks at what the node said, whatever the case is about.
func (t *trial) saw(m *raw.Message) {
	if broken := breach(m); broken != nil {
		t.beside(broken)
	}
}
