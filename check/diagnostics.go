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
	status string // of the response, or the request, that carries it
	reason string // the text in the header
	means  string // what that says about the deployment that was called
}

// diagnostics lists the ids that a call with a Lync or Skype for Business
// organisation can end with. Reasons as in [MS-OCER] 7.2 and its siblings or,
// where Edges were seen to send other words, as on the wire.
func diagnostics() []meaning {
	return []meaning{
		{0, "500", "Server internal error", "the partner's own server broke: look into its log, not into ours"},
		{1, "503", "Service unavailable", "the partner's own server has no room or no backend; its client says that the service is not available"},
		{4, "488, 503", "Insufficient bandwidth to establish session. Do not attempt re-route", "the partner's call admission control refused: its bandwidth policy, not our deployment"},
		{1000, "401, 403", "Final handshake failed", "the calling client could not sign in to its own server"},
		{1001, "403", "From URI not authorized to communicate with public IM providers", "the calling user's policy does not allow public providers; if that is what we count as, the partner should list the domain as federated"},
		{1002, "403", "From URI not authorized to communicate with federated partners", "the calling user's policy has federation switched off"},
		{1003, "404", "User does not exist", "the call went to a server that does not know the alias, Microsoft's own if the domain is in an Office 365 tenant"},
		{1004, "481", "Route set is no longer valid", "a request inside a call reached a host that does not know the call"},
		{1005, "404, 504", "Cannot route to destination domain", "the partner knows no way to the domain in the request, often because From carried the wrong one"},
		{1006, "430, 480", "Error routing on client connection", "the connection to the called client broke; that user may call back"},
		{1007, "504", "Temporarily cannot route", "the next hop failed before and is marked down for a while: look for the failure that came first"},
		{1008, "504", "Unable to resolve DNS SRV record", "the _sipfederationtls._tcp record of the domain does not exist or cannot be read"},
		{1009, "504", "No match for domain in DNS SRV results", "the SRV target is not a host directly in the SIP domain"},
		{1010, "504", "Certificate trust with another server could not be established", "the certificate does not carry the SRV target's name, or its chain does not lead to a root that the partner trusts; ErrorType and HRESULT in the header say which (0x80090322: the name, 0x80090325: the root)"},
		{1011, "as received", "ms-diagnostics header not provided by previous hop", "as 1034, from an older server"},
		{1012, "403", "From URI is not authorized to communicate with users outside the enterprise", "the calling user's policy does not allow it"},
		{1013, "401", "Significant time skew detected during authentication", "the clocks of the calling client and its server differ"},
		{1014, "504", "Unable to resolve DNS A record", "the SRV target has no address"},
		{1015, "403, 504", "Cannot route from message source domain", "the partner does not accept the domain in From from this peer"},
		{1016, "403", "Message asserted domain traffic type does not match source domain", "a header of a split domain came from a domain that is none"},
		{1017, "403, 504", "Cannot route From and To domains in this combination", "the partner takes both domains for its own, or neither: From carries one of its domains, or a split-domain header is wrong"},
		{1018, "400", "Parsing failure", "a header of ours is malformed: the conformance suite finds which"},
		{1019, "403, 429", "Referred-By parameters not valid", "a transfer came with a referrer that the partner cannot read"},
		{1020, "403, 429", "Referrer identity could not be verified", "a transfer came from a referrer that the partner does not believe (ms-identity)"},
		{1021, "403, 429", "Referrer integrity could not be verified", "a transfer came from a referrer that the partner does not believe (ms-identity-cookie)"},
		{1022, "an error", "(text not certain: a routing destination, routing rules or a gateway peer)", "the partner's own routes or gateways: the reason in the header says which"},
		{1023, "an error", "(text not certain: a routing destination, routing rules or a gateway peer)", "the partner's own routes or gateways: the reason in the header says which"},
		{1024, "an error", "(text not certain: a routing destination, routing rules or a gateway peer)", "the partner's own routes or gateways: the reason in the header says which"},
		{1025, "an error", "(text not certain: a routing destination, routing rules or a gateway peer)", "the partner's own routes or gateways: the reason in the header says which"},
		{1026, "an error", "(text not certain: a routing destination, routing rules or a gateway peer)", "the partner's own routes or gateways: the reason in the header says which"},
		{1027, "403, 504", "Cannot route this type of SIP request to or from federated partners", "the partner has not enabled federation with the domain, or does not let this method through"},
		{1028, "403, 504", "Domain resolved by DNS SRV to a configured hosting service but the domain is not in the allow list", "the SRV record points at Office 365 while the partner does not list the domain"},
		{1033, "as received", "Previous hop server component did not report diagnostic information", "as 1034, from within the partner's organisation"},
		{1034, "as received", "Previous hop federated peer did not report diagnostic information", "the node answered with an error of its own: the status code says which"},
		{1035, "as received", "Previous hop public IM provider did not report diagnostic information", "as 1034, from a public provider"},
		{1036, "as received", "Previous hop shared address space peer did not report diagnostic information", "as 1034, from the other half of a split domain"},
		{1037, "as received", "Previous hop client did not report diagnostic information", "as 1034, from the called client"},
		{1038, "504", "Failed to connect to a peer server", "two servers of the partner do not reach each other"},
		{1039, "504", "Failed to complete TLS negotiation with a peer server", "two servers of the partner do not trust each other"},
		{1045, "504", "(text not certain)", "as 1046, in its neighbourhood: a connection to another server failed; the reason in the header says which"},
		{1046, "504", "Failed to connect to a federated peer server", "no TCP connection to port 5061: address, firewall or a dead node (winsock 10060: nothing answers, 10061: nobody listens)"},
		{1047, "504", "Failed to complete TLS negotiation with a federated peer server", "TCP works and TLS does not: version, suites, certificate, or something between that inspects TLS"},
		{1048, "an error", "(not documented)", "no text was ever found for it; it stands among the errors of connections between servers"},
		{2165, "488", "Contact subscription is not allowed as the user's contact list has migrated to Exchange", "the partner's own client and its contact list; calls are not affected"},
		{3010, "4xx", "Bad request without Session-Timer extension", "a conference of the partner wants Supported: timer in the INVITE"},
		{3012, "400, 404", "Invalid conference URI", "the Lync meeting that was dialled does not exist any more"},
		{3013, "400, 404", "Invalid MCU URI", "as 3012, for its audio or video server"},
		{4000, "an error", "User services error", "the partner's own server; look into its log"},
		{4001, "an error", "User services: XML parse failure", "a body could not be read by the partner's user services"},
		{4003, "403", "From URI not enabled for remote access", "the calling user may not sign in from outside"},
		{4004, "403", "Credentials provided are not authorized to act as specified from URI", "the calling client signed in as somebody else"},
		{4005, "404", "Destination URI either not enabled for SIP or does not exist", "the called Lync user does not exist"},
		{4006, "404, 480", "User not found in pool", "the called Lync user was moved or is not homed yet"},
		{4010, "400", "Missing endpoint identifier", "a request to a Lync client lacks its epid"},
		{4011, "400", "Epid not present", "as 4010"},
		{4012, "400", "Epid too long", "as 4010"},
		{4141, "NOTIFY", "User disabled", "the user's account was switched off while signed in"},
		{4268, "403", "Delegate operation not allowed as delegate and delegator are in different deployments.", "a delegate of the partner's is hosted elsewhere than who is called for"},
		{5009, "BYE", "The INVITE was cancelled before the 200 arrived", "the call was given up at the moment it was answered: no fault"},
		{5010, "BYE", "CANCEL crossed a 2xx", "as 5009"},
		{5011, "ACK", "ACK made for the 487 of a forked INVITE", "another of the user's devices took the call: no fault"},
		{7008, "488", "Error parsing SDP", "the partner's A/V server does not take the description; it offers another form next"},
		{10003, "404", "Proxy returned a SIP failure code", "the partner's Mediation Server passes on a failure of a gateway: SipResponseCode says which"},
		{13004, "100, 101", "Request was proxied to one or more registered endpoints", "progress, no error: the user's devices ring"},
		{17000, "403 and others", "Server overloaded", "the partner's server sheds load"},
		{17001, "403", "Invalid request", "the partner's client filter could not read the User-Agent"},
		{17002, "403", "Invalid protocol client version", "the partner's client filter refuses this version"},
		{17003, "403", "Declined with URL", "the partner's client filter refuses this version and points to another"},
		{17004, "403", "Allowed with URL", "the partner's client filter lets this version in and points to another"},
		{21002, "the leg that shares a screen", "Attendees cannot share in this conference", "a gateway joined as attendee: make it a presenter"},
		{24067, "BYE, 4xx", "Mcu is rolling over", "the partner's conferencing server moves the meeting: call again"},
		{24081, "BYE, 4xx", "Endpoint termination", "the partner's application ended its endpoint"},
		{24083, "BYE, 4xx", "Message was received out of dialog", "the partner's application does not know the call any more (request=BENOTIFY: a notification after the end)"},
		{52017, "488", "Encryption levels dont match", "one side demands SRTP and the other does not offer it"},
		{52063, "488", "Unsupported session description", "the client does not take the description: no common codec, or no transport that it knows"},
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
	fmt.Fprintf(&b, "  comes with %s\n", m.status)
	fmt.Fprintf(&b, "  means      %s\n", m.means)
	for _, r := range catalogue() {
		if slices.Contains(r.Diagnostics, m.id) {
			fmt.Fprintf(&b, "  rule       %s  %s\n  to mend    %s\n", r.ID, r.Title, r.Fix)
		}
	}
	return b.String()
}
