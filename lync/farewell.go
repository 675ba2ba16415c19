package lync

import "fedge/sip/raw"

// farewell is why a peer hangs up, with its own word for it: media that failed
// is reported in the BYE's Reason (RFC 3326) or in ms-client-diagnostics.
func farewell(bye *raw.Message) string {
	for _, name := range []string{"Reason", "ms-client-diagnostics"} {
		if why := bye.Get(name); why != "" {
			return "the peer hung up: " + why
		}
	}
	return "the peer hung up"
}
