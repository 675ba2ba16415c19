package spelling

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"roles", "rooms", "signaling", "media", "session_request_delay_seconds.p99", "srv-missing", "srv-wrong-port"}
	for word, want := range map[string]string{
		"rols": "roles", "Media": "media", "signalling": "signaling", "rooles": "roles",
		"srv-mising": "srv-missing", "ro": "", "": "", "nonsense": "",
		"roms": "rooms", "rom": "rooms",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	if got := Nearest("session_request_dely_secnds.p9", known); got != known[4] {
		t.Errorf("three slips in a long word: %q", got)
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("of no word %q is the nearest", got)
	}
}

func TestIDs(t *testing.T) {
	known := []string{"DNS-04", "DNS-12", "CRT-09", "FQD-01", "PEER-01", "DNS-004", "TLS-010", "CON-017", "DLG-bye"}
	for id, want := range map[string]struct{ same, alike []string }{
		"DNS-04": {same: []string{"DNS-04", "DNS-004"}}, "dns004": {same: []string{"DNS-04", "DNS-004"}}, "DNS 4": {same: []string{"DNS-04", "DNS-004"}},
		"DNS-O4": {same: []string{"DNS-04", "DNS-004"}}, "con17": {same: []string{"CON-017"}},
		"DSN-04": {alike: []string{"DNS-04", "DNS-004"}}, "CTR-9": {alike: []string{"CRT-09"}}, "FQDN-01": {alike: []string{"FQD-01"}}, "PER-1": {alike: []string{"PEER-01"}},
		"DNS-20": {}, "DNS": {}, "1009": {}, "": {}, "-": {}, "TLS-01": {}, "DNS-0x4": {}, "ÄÖ-1": {}, "XYZ-1": {},
	} {
		if got := Same(id, known); !slices.Equal(got, want.same) {
			t.Errorf("%q stands for %q, want %q", id, got, want.same)
		}
		if got := Alike(id, known); !slices.Equal(got, want.alike) {
			t.Errorf("alike %q are %q, want %q", id, got, want.alike)
		}
	}
}

func FuzzNearest(f *testing.F) {
	f.Add("srv-mising", "DNS-O4")
	f.Add("\xff", "É-1")
	f.Fuzz(func(t *testing.T, word, id string) {
		known := []string{"srv-missing", "DNS-04", word}
		if got := Nearest(word, known); word != "" && slips(got, word) > 0 && got != "srv-missing" && got != "DNS-04" {
			t.Errorf("nearest to %q is %q", word, got)
		}
		Same(id, known)
		Alike(id, known)
	})
}
