package routing

import "fedge/conformance"

func pooling() []conformance.Case { return nil }
