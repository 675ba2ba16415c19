package plan_test

import (
	"strings"
	"testing"

	"fedge/plan"
)

// TestChoicesOnce: what there is to choose from is named once each, also in a
// plan that has one of them twice.
func TestChoicesOnce(t *testing.T) {
	_, err := plan.Parse("deployment.yaml", []byte(`
domains: [{name: vc.example.com, pool: sip.vc.example.com}, {name: vc.example.com, pool: sip.vc.example.com}]
outbound: on
from: always
verify: on
locations: [{name: dmz}, {name: dmz}, {name: inside, from_domain: elsewhere.example}]
nodes:
  - {name: px01.vc.example.com, address: 198.51.100.40, roles: [signaling, media], location: nowhere}
rooms: [{name: alice, aliases: [meet.alice@vc.example.com]}]
`))
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{"write one of: dmz, inside\n", "write one of: vc.example.com\n"} {
		if !strings.Contains(err.Error()+"\n", want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
}
