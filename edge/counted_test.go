package edge

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"fedge/dns"
	"fedge/metrics"
)

// resolverOf answers every question alike.
type resolverOf struct{ err error }

func (r resolverOf) SRV(context.Context, string) ([]dns.SRV, error)           { return nil, r.err }
func (r resolverOf) Addresses(context.Context, string) ([]dns.Address, error) { return nil, r.err }

// TestLookupsAreCounted by what they came to: an operator who sees timeouts
// must not read them as answers.
func TestLookupsAreCounted(t *testing.T) {
	for want, err := range map[string]error{
		"ok":                nil,
		string(dns.Timeout): &dns.Error{Kind: dns.Timeout},
		"other":             errors.New("the cable is out"),
	} {
		registry := metrics.New()
		c := counted{Resolver: resolverOf{err}, metrics: registry}
		c.SRV(t.Context(), "_sipfederationtls._tcp.contoso.example")
		c.Addresses(t.Context(), "sip.contoso.example")
		page := httptest.NewRecorder()
		registry.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
		for _, kind := range []string{"SRV", "A"} {
			line := ""
			for one := range strings.Lines(page.Body.String()) {
				if strings.Contains(one, `="`+kind+`"`) && strings.Contains(one, `="`+want+`"`) {
					line = one
				}
			}
			if !strings.HasSuffix(line, " 1\n") {
				t.Errorf("%v: no count of one %s lookup that came to %s", err, kind, want)
			}
		}
	}
}
