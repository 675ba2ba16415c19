package edge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fedge/sip/stack"
)

// maxAsserted bounds the identities of one request: RFC 3325 §9.1 allows two.
const maxAsserted = 4

// asserted lists the SIP domains that a request's P-Asserted-Identity claims,
// without repeats. Lync writes one header with two URIs and no spaces:
// "Anna"<sip:anna@contoso.example>,<tel:+15551230001>. A tel: URI claims no
// domain. Nothing is believed because of it; it only must not contradict.
func asserted(m *stack.Message) ([]string, error) {
	var domains []string
	count := 0
	for value := range m.List("P-Asserted-Identity") {
		if count++; count > maxAsserted {
			return nil, fmt.Errorf("edge: more than %d asserted identities", maxAsserted)
		}
		address, err := stack.ParseAddress(value)
		if err != nil {
			return nil, fmt.Errorf("edge: asserted identity: %w", err)
		}
		switch strings.ToLower(address.URI.Scheme) {
		case "sip", "sips":
			if address.URI.Host == "" {
				return nil, errors.New("edge: an asserted identity without a host")
			}
			if domain := strings.ToLower(address.URI.Host); !slices.Contains(domains, domain) {
				domains = append(domains, domain)
			}
		case "tel":
		default:
			return nil, fmt.Errorf("edge: asserted identity of scheme %q", address.URI.Scheme)
		}
	}
	return domains, nil
}
