package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// discovered is what Discover sees of the guide's deployment.
func discovered() *Facts {
	f := cleanFacts(thePlan())
	f.Outbound = nil
	for i := range f.Endpoints {
		e := &f.Endpoints[i]
		if e.Node == px01 || e.Node == px02 { // the pool is looked at before any name is known
			e.Node = ""
		}
		e.Options, e.Invite, e.Handshakes = nil, nil, e.Handshakes[:1]
	}
	return f
}

// told is a plan's nodes in a line each.
func told(p *plan.Plan) string {
	var lines []string
	for _, n := range p.Nodes {
		lines = append(lines, fmt.Sprint(n.Name, " ", n.PublicAddr(), " ", n.Roles))
	}
	return strings.Join(lines, "\n")
}

const (
	both1 = px01 + " 198.51.100.40 [signaling media]\n"
	both2 = px02 + " 198.51.100.41 [signaling media]\n"
	media = px03 + " 198.51.100.42 [media]\n" + px04 + " 198.51.100.43 [media]"
)

func TestInfer(t *testing.T) {
	t.Parallel()
	names := func(f *Facts, list ...string) {
		f.certificates(func(c *certs.Facts) { c.Names = list })
	}
	for _, test := range []struct {
		name     string
		change   func(f *Facts)
		nodes    string
		outbound bool
		says     string // in Seen, Assumed or Hidden
	}{
		{"the guide's deployment", func(*Facts) {}, both1 + both2 + media, true, px03 + " is for media alone"},
		{"no media nodes", func(f *Facts) { names(f, pool, px01, px02) }, strings.TrimSpace(both1 + both2), true, "good for clients"},
		{"only taken", func(f *Facts) {
			f.certificates(func(c *certs.Facts) { c.Names, c.Usages = []string{pool, px01, px02}, []string{"serverAuth"} })
		}, strings.TrimSpace(both1 + both2), false, "only taken"},
		{"one node's record is missing", func(f *Facts) { f.none(px02, "A") }, both1 + both2 + media, true, px02 + " is 198.51.100.41: no name leads"},
		{"two nodes' records are missing", func(f *Facts) { f.none(px02, "A"); f.none(px03, "A") },
			"node-198-51-100-41.vc.example.com 198.51.100.41 [signaling media]\n" + both1 + px04 + " 198.51.100.43 [media]", true, px03 + " is in a certificate and leads nowhere"},
		{"a certificate that names the pool alone", func(f *Facts) { names(f, pool, "vc.example.com") },
			"node-198-51-100-40.vc.example.com 198.51.100.40 [signaling media]\nnode-198-51-100-41.vc.example.com 198.51.100.41 [signaling media]", true, "no name in a certificate leads to it"},
		{"a wildcard", func(f *Facts) { names(f, pool, "*.vc.example.com") },
			"node-198-51-100-40.vc.example.com 198.51.100.40 [signaling media]\nnode-198-51-100-41.vc.example.com 198.51.100.41 [signaling media]", true, "no name in a certificate"},
		{"names of other things", func(f *Facts) {
			names(f, pool, px01, px02, "www.vc.example.com", "conf.vc.example.com", "all.vc.example.com", "px09.elsewhere.example", "198.51.100.9", "bad name.vc.example.com")
			f.a("www.vc.example.com", "198.51.100.99")
			f.a("conf.vc.example.com", "198.51.100.40")
			f.a("all.vc.example.com", "198.51.100.40", "198.51.100.41")
			f.a("px09.elsewhere.example", "198.51.100.98")
		}, strings.TrimSpace(both1 + both2), true, "another name of that node"},
		{"names of services that nobody knows", func(f *Facts) {
			f.certificates(func(c *certs.Facts) {
				c.Names = append(slices.Clone(c.Names), "owa.vc.example.com", "admin.vc.example.com")
			})
			f.a("owa.vc.example.com", "198.51.100.77")
			f.a("admin.vc.example.com", "198.51.100.78")
			f.Endpoints = append(f.Endpoints, Endpoint{Address: netip.MustParseAddrPort("198.51.100.77:5061"), Node: "owa.vc.example.com", Refused: "connection refused"})
		}, both1 + both2 + media, true, "admin.vc.example.com is in a certificate and leads to 198.51.100.78, where nobody speaks TLS on port 5061: not taken for a node"},
		{"a name that leads inside, beside nodes that are all named", func(f *Facts) {
			f.certificates(func(c *certs.Facts) { c.Names = append(slices.Clone(c.Names), "admin.vc.example.com") })
			f.a("admin.vc.example.com", "10.0.0.9")
		}, both1 + both2 + media, true, "10.0.0.9, which is no public address: not taken for a node"},
		{"names on another service's certificate", func(f *Facts) {
			f.certificates(func(c *certs.Facts) { c.SHA256, c.Names = "another", []string{px03, "intranet.vc.example.com"} }, px03)
			f.a("intranet.vc.example.com", "198.51.100.79")
		}, both1 + both2 + px04 + " 198.51.100.43 [media]", true, "where another certificate is shown, which is not for " + pool},
		{"a node with a certificate of its own for the pool", func(f *Facts) {
			f.certificates(func(c *certs.Facts) { c.SHA256 = "another" }, px03)
		}, both1 + both2 + media, true, px03 + " is for media alone"},
		{"nothing accepts", func(f *Facts) {
			for i := range f.Endpoints {
				f.Endpoints[i] = Endpoint{Address: f.Endpoints[i].Address, Refused: "connection refused"}
			}
		}, "node-198-51-100-40.vc.example.com 198.51.100.40 [signaling media]\nnode-198-51-100-41.vc.example.com 198.51.100.41 [signaling media]", false, "whether calls are placed, too: no certificate was seen"},
		{"the address of a node that is gone, whose name is still in the certificate", func(f *Facts) {
			f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.99")
			f.none(px04, "A")
			f.Endpoints = append(f.Endpoints, Endpoint{Address: netip.MustParseAddrPort("198.51.100.99:5061"), Refused: "connection refused"})
		}, "node-198-51-100-99.vc.example.com 198.51.100.99 [signaling media]\n" + both1 + both2 + px03 + " 198.51.100.42 [media]", true, px04 + " is in a certificate and leads nowhere"},
		{"no record at all", func(f *Facts) {
			*f = Facts{At: noon}
			f.none(dns.FederationName("vc.example.com"), "SRV")
			f.none(pool, "A")
		}, "", false, "the usual name"},
		{"no federation record, but a pool", func(f *Facts) { f.none(dns.FederationName("vc.example.com"), "SRV") }, both1 + both2 + media, true, "the usual name"},
		{"another pool", func(f *Facts) {
			f.srv("vc.example.com", Service{"px.vc.example.com", 5061, 1, 100, 3600})
			f.a("px.vc.example.com", "198.51.100.40")
		}, both1 + px02 + " 198.51.100.41 [media]\n" + media + "\n" + pool + " 198.51.100.40 [media]", true, "px02.vc.example.com is for media alone"},
		{"a better record that leads nowhere", func(f *Facts) {
			f.srv("vc.example.com", Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
			f.none(former, "A")
		}, both1 + both2 + media, true, "under " + pool},
		{"a better record that leads to nobody", func(f *Facts) {
			f.srv("vc.example.com", Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
			f.past(former, "198.51.100.99")
		}, both1 + both2 + media, true, "under " + pool},
		{"a record that is misspelt, beside the usual name", func(f *Facts) {
			f.srv("vc.example.com", Service{"spi.vc.example.com", 5061, 1, 100, 3600})
			f.none("spi.vc.example.com", "A")
		}, both1 + both2 + media, true, "under " + pool},
		{"Office 365", func(f *Facts) { f.srv("vc.example.com", Service{"sipfed.online.lync.com", 5061, 100, 1, 3600}) }, "", false, "in Office 365"},
		{"a tenant's record beside one that leads to the pool", func(f *Facts) {
			f.set(Lookup{Name: "lyncdiscover.vc.example.com", Type: "CNAME", Alias: "webdir.online.lync.com"})
		}, both1 + both2 + media, true, px03 + " is for media alone"},
		{"a node's record has its inner address", func(f *Facts) { f.a(px02, "10.0.0.41") }, both1 + both2 + media, true, px02 + " is 198.51.100.41: no name leads"},
		{"Office 365 by its alias alone", func(f *Facts) {
			f.none(dns.FederationName("vc.example.com"), "SRV")
			f.set(Lookup{Name: pool, Type: "CNAME", Alias: "sipdir.online.lync.com"})
		}, "", false, "sip.vc.example.com CNAME sipdir.online.lync.com"},
	} {
		f := discovered()
		test.change(f)
		in := Infer("VC.example.com.", *f, Known{})
		if test.name == "another pool" { // the old pool's name leads to two addresses
			test.nodes = both1 + px02 + " 198.51.100.41 [media]\n" + media
		}
		if got := told(in.Plan); got != test.nodes || in.Plan.Outbound != test.outbound {
			t.Errorf("%s: nodes\n%s\noutbound %v; want\n%s\noutbound %v", test.name, got, in.Plan.Outbound, test.nodes, test.outbound)
		}
		if all := strings.Join(slices.Concat(in.Seen, in.Assumed, in.Hidden), "\n"); !strings.Contains(all, test.says) {
			t.Errorf("%s: it does not say %q:\n%s", test.name, test.says, all)
		}
		text, err := in.YAML()
		if err != nil {
			t.Fatal(err)
		}
		// What nobody has seen is to be filled in before the plan passes.
		unseen := len(in.Plan.Nodes) == 0 || strings.Contains(test.nodes, "node-") || test.name == "nothing accepts"
		if _, err := plan.Parse("x.yaml", text); (err != nil) != unseen {
			t.Errorf("%s: %v\n%s", test.name, err, text)
		}
		if made := strings.Contains(string(text), "name: node-"); made || unseen && len(in.Plan.Nodes) > 0 != strings.Contains(string(text), "name: FILL-IN") {
			t.Errorf("%s: names that were not seen are not left to fill in:\n%s", test.name, text)
		}
		if !strings.Contains(string(text), "# FILL IN: rooms") {
			t.Errorf("%s: rooms are not left to fill in:\n%s", test.name, text)
		}
	}
}

// TestInferCalls: who makes the nodes call knows that they do, whatever their
// certificates look like; these then are held against that (CRT-09).
func TestInferCalls(t *testing.T) {
	t.Parallel()
	f := discovered()
	for i := range f.Endpoints {
		for j := range f.Endpoints[i].Handshakes {
			for k := range f.Endpoints[i].Handshakes[j].Chain {
				leaf := &f.Endpoints[i].Handshakes[j].Chain[k]
				leaf.Usages, leaf.Names = []string{"serverAuth"}, []string{pool, px01, px02}
			}
		}
	}
	if in := Infer("vc.example.com", *f, Known{}); in.Plan.Outbound {
		t.Error("the certificates say that calls are placed")
	}
	in := Infer("vc.example.com", *f, Known{Calls: true})
	if !in.Plan.Outbound || !strings.Contains(strings.Join(in.Assumed, "\n"), "--trigger makes the nodes call") {
		t.Errorf("outbound %v: %q", in.Plan.Outbound, in.Assumed)
	}
}

// TestInferPrivate: a private address stays one for the rules, and is to be
// filled in.
func TestInferPrivate(t *testing.T) {
	t.Parallel()
	f := discovered()
	f.a(pool, "10.0.0.40")
	f.a(px01, "10.0.0.40")
	in := Infer("vc.example.com", *f, Known{Lab: true})
	text, err := in.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Parse("x.yaml", text); err == nil || !strings.Contains(string(text), "# FILL IN: DNS publishes this private address") {
		t.Errorf("%v\n%s", err, text)
	}
	if got := failed(in.hedge(Judge(in.Plan, in.mark(*f)))); !slices.Contains(got, "DNS-11 "+pool) {
		t.Error("found", got)
	}
}

// TestHedge: an inferred plan proves nothing by agreeing with what it was made
// from, and a room that is not known is not missing.
func TestHedge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(f *Facts)
		failed string
		why    map[string]string // of rules that were not checked
	}{
		{"clean", func(*Facts) {}, "", map[string]string{"DNS-07": result.NotVisible, "DNS-13": result.NotVisible, "LOC-07": result.NotVisible, "FQD-01": result.NotVisible, "LOC-04": result.NotVisible}},
		{"no record", func(f *Facts) {
			*f = Facts{At: noon}
			f.none(dns.FederationName("vc.example.com"), "SRV")
			f.none(pool, "A")
		},
			"DNS-01 vc.example.com", map[string]string{"DNS-08": "precondition DNS-01", "LOC-07": "precondition DNS-01"}},
		{"a record that leads nowhere", func(f *Facts) {
			*f = Facts{At: noon}
			f.srv("vc.example.com", Service{pool, 5061, 1, 100, 3600})
			f.none(pool, "A")
		}, "DNS-05 sip.vc.example.com", map[string]string{"DNS-08": "precondition DNS-05"}},
		{"a record that leads elsewhere", func(f *Facts) {
			*f = Facts{At: noon}
			f.srv("vc.example.com", Service{"sip.example.com", 5061, 1, 100, 3600})
			f.none(pool, "A")
		}, "DNS-04 vc.example.com", map[string]string{"DNS-05": "precondition DNS-04", "CRT-15": "precondition DNS-04"}},
		{"a better record that leads nowhere", func(f *Facts) {
			f.srv("vc.example.com", Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
			f.none(former, "A")
		}, "DNS-05 vc.example.com", nil},
		{"a better record that leads to nobody", func(f *Facts) {
			f.srv("vc.example.com", Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
			f.past(former, "198.51.100.99")
		}, "DNS-03 vc.example.com", nil},
		{"a record that is misspelt, beside the usual name", func(f *Facts) {
			f.srv("vc.example.com", Service{"spi.vc.example.com", 5061, 1, 100, 3600})
			f.none("spi.vc.example.com", "A")
		}, "DNS-05 vc.example.com", nil},
		{"Office 365", func(f *Facts) { f.srv("vc.example.com", Service{"sipfed.online.lync.com", 5061, 100, 1, 3600}) },
			"DNS-14 vc.example.com", map[string]string{"DNS-08": "precondition DNS-14", "CRT-15": "precondition DNS-14"}},
		{"Office 365 by its aliases alone", func(f *Facts) {
			f.none(dns.FederationName("vc.example.com"), "SRV")
			f.none(pool, "A")
			f.set(Lookup{Name: pool, Type: "CNAME", Alias: "sipdir.online.lync.com"})
		}, "DNS-14 vc.example.com", map[string]string{"DNS-01": "precondition DNS-14", "DNS-05": "precondition DNS-14", "DNS-06": "precondition DNS-14", "DNS-08": "precondition DNS-14"}},
		{"names that lead nowhere", func(f *Facts) { f.none(px04, "A") }, "", map[string]string{"DNS-09": result.NotVisible}},
		{"names that lead to other services", func(f *Facts) {
			f.certificates(func(c *certs.Facts) {
				c.Names = append(slices.Clone(c.Names), "owa.vc.example.com", "admin.vc.example.com")
			})
			f.a("owa.vc.example.com", "198.51.100.77")
			f.a("admin.vc.example.com", "10.0.0.9")
		}, "", map[string]string{"NET-01": result.NotVisible, "DNS-11": result.NotVisible}},
	} {
		f := discovered()
		test.change(f)
		in := Infer("vc.example.com", *f, Known{})
		seen := *f // what Observe would see with that plan
		if len(in.Plan.Nodes) > 0 {
			seen = *cleanFacts(in.Plan)
			seen.Outbound, seen.Unplaced = nil, "nothing can make the nodes call (no trigger)"
			for i := range seen.Endpoints {
				seen.Endpoints[i].Invite = nil
			}
			test.change(&seen)
		}
		findings := in.hedge(Judge(in.Plan, in.mark(seen)))
		if got := strings.Join(failed(findings), ", "); got != test.failed {
			t.Errorf("%s: found %q, want %q", test.name, got, test.failed)
		}
		for _, f := range findings {
			wellFormed(t, f)
			if strings.HasSuffix(f.Fix, "publish ") {
				t.Errorf("%s: %s says to publish nothing", test.name, f.ID)
			}
		}
		for id, why := range test.why {
			i := slices.IndexFunc(findings, func(f result.Finding) bool { return f.ID == id && f.Outcome == result.NotChecked })
			if i < 0 || findings[i].Why != why {
				t.Errorf("%s: %s is not not-checked: %s", test.name, id, why)
			}
		}
		if _, _, overall := Verdict(findings, false); (overall == result.Pass) != (test.failed == "") {
			t.Errorf("%s: verdict %s", test.name, overall)
		}
	}
	var given *Inference
	if got := given.hedge([]result.Finding{{ID: "DNS-07", Outcome: result.RulePass}}); got[0].Outcome != result.RulePass {
		t.Error("a plan that was given is hedged")
	}
}

// TestInferKnown: hints from the user reach the plan.
func TestInferKnown(t *testing.T) {
	t.Parallel()
	in := Infer("vc.example.com", *discovered(), Known{Rooms: []string{"meet.alice@vc.example.com"}})
	if text, err := in.YAML(); err != nil || strings.Contains(string(text), "FILL IN: rooms") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, known := in.Plan.Room("sip:meet.alice@vc.example.com"); !known || strings.Contains(strings.Join(in.Hidden, " "), "--room") {
		t.Errorf("rooms %v, hidden %v", in.Plan.Rooms, in.Hidden)
	}
}
