package edge

import "fedge/mutant"

// methods are those that a node serves.
func methods() []string {
	if mutant.On("upd.none") {
		return []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK"}
	}
	return []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO", "PRACK"}
}

// extensions are the option tags that a node knows.
func extensions() []string {
	switch {
	case mutant.On("st.none"):
		return []string{"100rel", "replaces"}
	case mutant.On("rel.none"):
		return []string{"timer", "replaces"}
	}
	return []string{"timer", "100rel", "replaces"}
}
