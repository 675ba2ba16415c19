package edge

import (
	"errors"
	"testing"

	"fedge/sip/link"
)

func TestOwner(t *testing.T) {
	for want, peers := range map[string][]link.Identity{
		"contoso.example": {proved("sip.contoso.example"), proved("a.b.contoso.example", "sip.fabrikam.example"), proved("contoso.example")},
		"adatum.co.uk":    {proved("sip.adatum.co.uk")}, // whose neighbours are others'
		"co.uk":           {proved("co.uk")},
		"localhost":       {proved("localhost")},
		"nobody":          {{}, {Err: link.ErrNoCertificate}, {Chain: proved("sip.contoso.example").Chain, Err: errors.New("unknown authority")}},
	} {
		for _, peer := range peers {
			if got := owner(peer); got != want {
				t.Errorf("%v: %q, want %q", peer.Names(), got, want)
			}
		}
	}
}
