package trust

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

func claimCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-012",
		Title:       "Identities that a partner asserts prove nothing",
		Requirement: "P-Asserted-Identity, P-Preferred-Identity, Diversion and History-Info of a domain that the peer proves do not let a From through that it does not.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3325 §5", "RFC 5922 §7.3"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.pai-trust", Class: conformance.Accepted}},
		Run: claimed(func(s *conformance.Stand, b *raw.Builder) {
			mine := "<sip:anna@" + s.Target.Partner.Domain + ">"
			b.Header("P-Asserted-Identity", mine).Header("P-Preferred-Identity", mine).
				Header("Diversion", mine+";reason=unconditional").Header("History-Info", mine+";index=1")
		}),
	}, {
		ID:          "TRU-013",
		Title:       "ms-edge-proxy-message-trust from outside",
		Requirement: "What a partner writes into ms-edge-proxy-message-trust is not believed: an Edge removes it and writes its own.",
		Severity:    conformance.Must,
		Refs:        []string{"[MS-SIPRE] 2.2.15"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.ms-trust", Class: conformance.Accepted}},
		Run: claimed(func(s *conformance.Stand, b *raw.Builder) {
			b.Header("ms-edge-proxy-message-trust",
				"ms-source-type=AuthorizedServer;ms-ep-fqdn="+s.Target.Partner.Host+";ms-source-verified-user=verified;ms-source-network=federation")
		}),
	}, {
		ID:          "TRU-014",
		Title:       "Credentials count for nothing",
		Requirement: "Federation asks for no digest: Authorization neither lets a From through that the certificate does not prove, nor gets a proved one refused.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §22.1", "RFC 8760"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.digest-skip", Class: conformance.Accepted}},
		Run: claimed(func(s *conformance.Stand, b *raw.Builder) {
			digest := `Digest username="anna", realm="` + s.Target.Domain + `", nonce="0", uri="` + s.URI() + `", response="00000000000000000000000000000000"`
			b.Header("Authorization", digest).Header("Proxy-Authorization", digest)
		}),
	}}
}

// claimed says something about itself beside From: that changes nothing, be From
// proved or not.
func claimed(claim func(*conformance.Stand, *raw.Builder)) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := dial(ctx, s, s.Target.Partner)
		if err != nil {
			return err
		}
		say := func(b *raw.Builder) { claim(s, b) }
		if err := speaks(ctx, s, p, s.Target.Partner, say, 200); err != nil {
			return err
		}
		return speaks(ctx, s, p, spoofed(s), say, 403)
	}
}
