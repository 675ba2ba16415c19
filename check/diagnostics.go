package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// meaning is what one ms-diagnostics id says, in a partner's trace. The
// header is stripped where it leaves the organisation: only the partner's own
// administrators see it, the far end gets a bare 504 ([MS-OCER] 2.2.1).
type meaning struct {
	id     int
	reason string // the text in the header
	means  string // what that says about the deployment that was called
}

// diagnostics lists the ids that a federated call can end with. Reasons as in
// [MS-OCER] 7.2 or, where Edges were seen to send other words, as on the wire.
func diagnostics() []meaning {
	return []meaning{
		{1002, "From URI not authorized to communicate with federated partners", "the calling user's policy has federation switched off"},
		{1003, "User does not exist", "the call went to a server that does not know the alias, Microsoft's own if the domain is in an Office 365 tenant"},
		{1004, "Route set is no longer valid", "a request inside a call reached a host that does not know the call"},
		{1005, "Cannot route to destination domain", "the partner knows no way to the domain in the request, often because From carried the wrong one"},
		{1007, "Temporarily cannot route", "the next hop failed before and is marked down for a while: look for the failure that came first"},
		{1008, "Unable to resolve DNS SRV record", "the _sipfederationtls._tcp record of the domain does not exist or cannot be read"},
		{1009, "No match for domain in DNS SRV results", "the SRV target is not a host directly in the SIP domain"},
		{1010, "Certificate trust with another server could not be established", "the certificate does not carry the SRV target's name, or its chain does not lead to a root that the partner trusts"},
		{1012, "From URI is not authorized to communicate with users outside the enterprise", "the calling user's policy does not allow it"},
		{1014, "Unable to resolve DNS A record", "the SRV target has no address"},
		{1015, "Cannot route from message source domain", "the partner does not accept the domain in From from this peer"},
		{1027, "Cannot route this type of SIP request to or from federated partners", "the partner has not enabled federation with the domain"},
		{1028, "Domain resolved by DNS SRV to a configured hosting service but the domain is not in the allow list", "the SRV record points at Office 365 while the partner does not list the domain"},
		{1034, "Previous hop federated peer did not report diagnostic information", "the node answered with an error of its own: the status code says which"},
		{1046, "Failed to connect to a federated peer server", "no TCP connection to port 5061: address, firewall or a dead node"},
		{1047, "Failed to complete TLS negotiation with a federated peer server", "TCP works and TLS does not: version, suites, certificate, or something between that inspects TLS"},
		{4005, "Destination URI either not enabled for SIP or does not exist", "the called Lync user does not exist"},
	}
}

func diagnostic(id string) (meaning, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(id))
	if err != nil {
		return meaning{}, false
	}
	for _, m := range diagnostics() {
		if m.id == n {
			return m, true
		}
	}
	return meaning{}, false
}

func (m meaning) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ms-diagnostics %d  %s\n", m.id, m.reason)
	fmt.Fprintf(&b, "  means      %s\n", m.means)
	for _, r := range catalogue() {
		if slices.Contains(r.Diagnostics, m.id) {
			fmt.Fprintf(&b, "  rule       %s  %s\n", r.ID, r.Title)
		}
	}
	return b.String()
}
