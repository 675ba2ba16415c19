package lab_test

import (
	"net/netip"
	"strings"
	"testing"

	"fedge/lab"
	"fedge/plan"
)

// TestTriggerErrors: why a node did not call stands in a finding, for whoever
// runs the node: it names the node, and no package of ours.
func TestTriggerErrors(t *testing.T) {
	t.Parallel()
	const name = "px01.vc.example.com"
	nobody := netip.MustParseAddrPort("127.255.255.3:9")
	for want, test := range map[string]struct {
		admin netip.AddrPort
		rooms []plan.Room
	}{
		"no admin address":     {rooms: []plan.Room{{Aliases: []string{lab.Room}}}},
		"no room to call from": {admin: nobody},
		"asking " + name:       {admin: nobody, rooms: []plan.Room{{Aliases: []string{lab.Room}}}},
	} {
		err := lab.Trigger(t.Context(), plan.Node{Name: name, Admin: test.admin}, &plan.Plan{Rooms: test.rooms}, "sip:anna@contoso.example")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "lab:") {
			t.Errorf("%v does not say %q, or who found it", err, want)
		}
	}
}
