package lab_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fedge/lab"
)

// contradictory are faults that want one thing to be several ways: no world has
// two of a row.
var contradictory = map[string][]string{
	"the SRV record's target":               {"srv-offers-nothing", "srv-target-address", "srv-target-child-zone", "srv-target-misspelt", "srv-target-node", "srv-target-other-domain", "office365-srv"},
	"whether there is one at all":           {"srv-missing", "srv-second-record"},
	"or a second one":                       {"srv-missing", "srv-former-host"},
	`what stands beside "."`:                {"srv-offers-nothing", "srv-second-record"},
	`what stands beside ".", as good`:       {"srv-offers-nothing", "srv-former-host"},
	"no address, or an inner one":           {"pool-without-address", "pool-private-address"},
	"no address, or an old one":             {"pool-without-address", "pool-stale-address"},
	"no address, or a media node's":         {"pool-without-address", "media-node-in-pool"},
	"no address, or one that refuses calls": {"pool-without-address", "media-node-refuses-in-pool"},
	"what a media node does with calls":     {"media-node-in-pool", "media-node-refuses-in-pool"},
	"when the certificate begins":           {"cert-expired", "cert-not-yet-valid"},
	"when it ends":                          {"cert-expired", "expiring-soon"},
	"whether the second server has a zone":  {"secondary-refuses", "secondary-behind"},
	"whether it has one, or an old one":     {"secondary-refuses", "secondary-without-domain"},
	"whose certificate a node has by plan":  {"cert-missing-node", "own-certificate-without-name"},
	"a node's name":                         {"named-as-pool", "named-as-sibling", "named-by-address"},
	"a node's domain":                       {"domain-not-set", "domain-other"},
	"whether anything is verified":          {"any-name-taken", "no-client-certificate-asked"},
	"what is at a node's port":              {"dead-signaling-node", "port-says-nothing"},
	"whether a partner has an SRV record":   {"partner-srv-missing", "partner-two-edges"},
	"whether it has any":                    {"partner-srv-missing", "partner-second-record"},
	"an intermediate, or none":              {"intermediate-for-servers-only", "intermediate-not-sent"},
	"an intermediate, or none by one":       {"intermediate-for-servers-only", "intermediate-not-sent-by-one"},
	"where its Edge is":                     {"partner-private-address", "partner-seen-from-inside"},
	"whether its certificate is seen":       {"partner-private-address", "partner-certificate-expired"},
	"or, with another name, is seen":        {"partner-private-address", "partner-certificate-other-name"},
}

// TestConflicts: of all pairs of faults those that contradict each other are
// refused, and no others; whichever is named first, by the same words.
func TestConflicts(t *testing.T) {
	t.Parallel()
	want := map[[2]string]bool{}
	for _, row := range contradictory {
		slices.Sort(row)
		for i, a := range row {
			for _, b := range row[i+1:] {
				want[[2]string{a, b}] = true
			}
		}
	}
	all := lab.Faults()
	for i, a := range all {
		for _, b := range all[i+1:] {
			pair := [2]string{a.Name, b.Name}
			err, back := lab.Refused(pair[:]), lab.Refused([]string{b.Name, a.Name})
			if fmt.Sprint(err) != fmt.Sprint(back) {
				t.Errorf("%s and %s: %v; the other way round: %v", a.Name, b.Name, err, back)
			}
			conflicting, refused := errors.AsType[*lab.ConflictingFaults](err)
			if refused != want[pair] || err != nil && !refused {
				t.Errorf("%s and %s: error %v; a conflict: %v", a.Name, b.Name, err, want[pair])
			}
			if refused && (conflicting.Conflicts[0].Faults != pair || !strings.Contains(err.Error(), a.Name+" and "+b.Name)) {
				t.Errorf("%s and %s: %v does not name them", a.Name, b.Name, err)
			}
		}
	}
}

// TestConflictsTold: whoever asks for several that contradict each other is told
// of all at once, which they are and why; and no world is begun.
func TestConflictsTold(t *testing.T) {
	t.Parallel()
	asked := []string{"expiring-soon", "named-as-pool", "cert-expired", "srv-missing", "named-by-address", "expiring-soon"}
	_, err := lab.Start(t.Context(), lab.Config{Faults: asked})
	conflicting, refused := errors.AsType[*lab.ConflictingFaults](err)
	if !refused || len(conflicting.Conflicts) != 2 {
		t.Fatalf("error %v; want two conflicts", err)
	}
	for _, says := range []string{"cert-expired and expiring-soon", "the end of the certificate's validity", "named-as-pool and named-by-address",
		"the SIP TLS FQDN of px02.vc.example.com (sip.vc.example.com, or 127."} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	if lab.Refused(append(asked[3:4], "srv-missing", "wildcard")) != nil {
		t.Error("a fault contradicts itself")
	}
}
