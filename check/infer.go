package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
)

// Inference is a plan made from what a domain shows, and how far to trust it.
type Inference struct {
	Plan    *plan.Plan // without nodes when none could be found
	Facts   Facts      // that it was made from
	Seen    []string   // what it rests on
	Assumed []string   // what was concluded or guessed
	Hidden  []string   // what cannot be seen from outside

	comments []plan.Comment
	nameless []string     // names in certificates that lead nowhere
	passed   []passedOver // names in certificates that may be a node's, and were not seen to be

	unnamed   []string // nodes by names that were made up for them
	undecided bool     // nothing showed whether calls are placed, too
}

// Known is what a user says of a domain besides its name.
type Known struct {
	Rooms []string // aliases that can be called
	Calls bool     // nodes are made to call: then calls are placed, too
	Lab   bool     // loopback counts as public
	Roots string   // file of whom partners trust; "": the system's
}

// fillIn stands in a plan for what a person must write. No plan with it passes.
const fillIn = "FILL-IN"

// Infer makes a plan from what Discover saw of a domain. It is pure.
//
// The addresses under the pool's name are nodes that take calls; the names in
// their certificates that lead to those addresses are the nodes' own, and those
// that lead elsewhere are nodes for media alone.
func Infer(domain string, f Facts, known Known) *Inference {
	d := usual(dns.Canonical(domain))
	d.Pool = f.published(d.Name)
	in := &Inference{Facts: f, Plan: &plan.Plan{
		Domains: []plan.Domain{d}, From: plan.FromAlways, Verify: true,
		MediaPorts: plan.PortRange{First: 40000, Last: 49999}, Locations: []plan.Location{{Name: "seen"}},
	}}
	in.poolSeen(d)
	if record := f.tenant(d.Name); record != "" {
		way := in.Plan.Propose(d.Name)
		in.seen("%s: the domain is in Office 365, and its calls are Microsoft's", record)
		in.assume("", "federate a subdomain, such as %s, and check that", way.Subdomain)
	} else {
		in.nodes(d)
	}
	in.outbound(known.Calls)
	if in.Plan.Certificates.Roots = known.Roots; known.Roots != "" {
		in.comments = append(in.comments, plan.Comment{Path: "certificates.roots", Above: "as given: whom partners trust"})
	}
	in.rooms(known.Rooms)
	if known.Lab && slices.ContainsFunc(in.Plan.Nodes, func(n plan.Node) bool { return n.Address.IsLoopback() }) {
		in.Plan.PublicRanges = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		in.assume("public_ranges", "the name server is on loopback, so this is a lab, and loopback counts as public")
	}
	in.hidden()
	return in
}

func (in *Inference) seen(format string, args ...any) {
	in.Seen = append(in.Seen, fmt.Sprintf(format, args...))
}

// assume notes a conclusion, and says so in the plan at a path.
func (in *Inference) assume(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	in.Assumed = append(in.Assumed, text)
	if path != "" {
		in.comments = append(in.comments, plan.Comment{Path: path, Above: "ASSUMED: " + text})
	}
}

func (in *Inference) poolSeen(d plan.Domain) {
	srv := in.Facts.answers(dns.FederationName(d.Name), "SRV")
	in.Seen = append(in.Seen, srv.evidence()...)
	if !slices.ContainsFunc(srv.services(), func(s Service) bool { return strings.EqualFold(s.Target, d.Pool) }) {
		in.assume("domains[0].pool", "no federation record leads to a host that partners accept and that is there; %s is the usual name", d.Pool)
	}
	in.Seen = append(in.Seen, in.Facts.answers(d.Pool, "A").evidence()...)
}

// notNodes are labels of names that organisations put into a certificate for
// other services.
func notNode(name string) bool {
	label, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"www", "autodiscover", "lyncdiscover", "lyncdiscoverinternal", "meet", "dialin", "mail", "webmail", "join", "webconf", "av"}, label)
}

// nodes finds out who is who.
func (in *Inference) nodes(d plan.Domain) {
	var pool, unnamed []netip.Addr
	for _, a := range in.Facts.answers(d.Pool, "A").addresses() {
		if a.Is4() && len(pool) < maxStrangers {
			pool = append(pool, a)
		}
	}
	owner := map[netip.Addr]string{}
	var media, nowhere, inner []string
	for _, name := range in.Facts.hosts(d.Name) {
		a := in.Facts.answers(name, "A")
		at := a.addresses()
		switch {
		case notNode(name):
			in.seen("%s is in a certificate and has the name of another service: not taken for a node", name)
		case len(at) == 0:
			nowhere = append(nowhere, name)
		case len(at) > 1 || !at[0].Is4():
			in.seen("%s is in a certificate and leads to %d addresses: not taken for a node", name, len(at))
		case owner[at[0]] != "":
			in.seen("%s is in a certificate and leads to %s, as %s does: taken for another name of that node", name, at[0], owner[at[0]])
		case !in.Plan.IsPublic(at[0]) && !at[0].IsLoopback() && !slices.Contains(pool, at[0]):
			inner = append(inner, name)
			in.seen("%s is in a certificate and leads to %s, which is no public address", name, at[0])
		case !slices.Contains(pool, at[0]) && !in.Facts.speaks(at[0]):
			in.passOver("NET-01", name, at[0], fmt.Sprintf("where nobody speaks TLS on port %d", plan.Port))
		case !slices.Contains(pool, at[0]) && !in.Facts.shares(at[0], d.Pool):
			in.passOver("CRT-15", name, at[0], "where another certificate is shown, which is not for "+d.Pool)
		default:
			if owner[at[0]] = name; !slices.Contains(pool, at[0]) {
				media = append(media, name)
			}
			in.seen("%s is in a certificate and leads to %s", name, at[0])
		}
	}
	for _, a := range pool {
		if owner[a] == "" {
			unnamed = append(unnamed, a)
		}
	}
	for _, name := range in.christen(d, unnamed, slices.Concat(nowhere, inner), owner) {
		if at := in.Facts.answers(name, "A").addresses(); len(at) > 0 {
			in.passOver("DNS-11", name, at[0], "which is no public address")
			continue
		}
		in.nameless = append(in.nameless, name)
		in.seen("%s is in a certificate and leads nowhere: left out; if it is a node, it needs an A record", name)
	}
	for _, a := range pool {
		in.add(owner[a], a, plan.Signaling, plan.Media)
	}
	for a, name := range owner {
		if slices.Contains(media, name) {
			in.add(name, a, plan.Media)
		}
	}
	slices.SortStableFunc(in.Plan.Nodes, func(a, b plan.Node) int {
		if a.Has(plan.Signaling) != b.Has(plan.Signaling) {
			return len(b.Roles) - len(a.Roles)
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i, n := range in.Plan.Nodes {
		path := fmt.Sprintf("nodes[%d].roles", i)
		if n.Has(plan.Signaling) {
			in.assume(path, "%s takes calls: its address stands under %s; and mixes media, as nodes do that are no proxies", in.called(n), d.Pool)
		} else {
			in.assume(path, "%s is for media alone: it is in a certificate, which it shows on port %d, and is not under %s", n.Name, plan.Port, d.Pool)
		}
		in.comments = append(in.comments, plan.Comment{Path: fmt.Sprintf("nodes[%d].capacity", i), Beside: "ASSUMED"})
		if in.madeUp(n.Name) {
			in.comments = append(in.comments, plan.Comment{Path: fmt.Sprintf("nodes[%d].name", i), Instead: fillIn,
				Above: fmt.Sprintf("FILL IN: its name was not seen; write it, or, if the node is gone, delete it here and\nremove %s", addressRecord(d.Pool, n.Address))})
		}
		if !in.Plan.IsPublic(n.Address) && !n.Address.IsLoopback() {
			in.comments = append(in.comments, plan.Comment{Path: fmt.Sprintf("nodes[%d].address", i), Above: "FILL IN: DNS publishes this private address; write the public one as public"})
		}
	}
}

// christen gives names to addresses of the pool that no name leads to: those
// in the certificate that lead nowhere outside, if there are as many and
// somebody is there, or names made up to tell them apart, which nothing is asked
// of. It returns the names that are left.
func (in *Inference) christen(d plan.Domain, unnamed []netip.Addr, lost []string, owner map[netip.Addr]string) []string {
	fits := len(unnamed) == len(lost) && !slices.ContainsFunc(unnamed, in.Facts.deserted)
	for i, a := range unnamed {
		if fits {
			owner[a] = lost[i]
			in.assume("", "%s is %s: no name leads to that address, and that name, which is in the certificate, leads to no public one", lost[i], a)
			continue
		}
		owner[a] = fmt.Sprintf("node-%s.%s", strings.ReplaceAll(a.String(), ".", "-"), d.Name)
		in.unnamed = append(in.unnamed, owner[a])
		in.assume("", "%s is a node, whose name is not known: no name in a certificate leads to it", a)
	}
	if fits {
		return nil
	}
	return lost
}

// deserted tells whether nobody answers at an address.
func (f Facts) deserted(a netip.Addr) bool {
	return slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool { return e.Address.Addr() == a && !e.Connected() })
}

// called is what there is to call a node by.
func (in *Inference) called(n plan.Node) string {
	if in.madeUp(n.Name) {
		return located(n)
	}
	return n.Name
}

func (in *Inference) add(name string, a netip.Addr, roles ...plan.Role) {
	in.Plan.Nodes = append(in.Plan.Nodes, plan.Node{Name: name, Address: a, Roles: roles, Location: "seen", Capacity: 100})
}

// outbound concludes from the certificates whether calls are placed, too: only
// then do nodes for media need names in them, and clientAuth.
func (in *Inference) outbound(known bool) {
	media := slices.ContainsFunc(in.Plan.Nodes, func(n plan.Node) bool { return !n.Has(plan.Signaling) })
	client, shown := false, false
	for _, e := range in.Facts.Endpoints {
		for _, h := range e.Handshakes {
			shown = shown || len(h.Chain) > 0
			client = client || len(h.Chain) > 0 && mayCall(h.Chain[0])
		}
	}
	switch {
	case len(in.Plan.Nodes) == 0:
	case known:
		in.Plan.Outbound = true
		in.assume("outbound", "calls are placed, too: --trigger makes the nodes call")
	case media:
		in.Plan.Outbound = true
		in.assume("outbound", "calls are placed, too: the certificate names nodes that take none")
	case client:
		in.Plan.Outbound = true
		in.assume("outbound", "calls are placed, too: the certificate is good for clients (clientAuth)")
	case !shown:
		in.undecided = true
		in.Hidden = append(in.Hidden, "whether calls are placed, too: no certificate was seen")
		in.comments = append(in.comments, plan.Comment{Path: "outbound", Instead: fillIn,
			Above: "FILL IN: on if calls are placed, too, off if they are only taken; no certificate was\nseen that would tell"})
	default:
		in.assume("outbound", "calls are only taken: the certificate is not good for clients (no clientAuth)")
	}
}

func mayCall(leaf certs.Facts) bool { return usableFor(leaf, clientAuth) }

func (in *Inference) rooms(aliases []string) {
	for i, alias := range aliases {
		in.Plan.Rooms = append(in.Plan.Rooms, plan.Room{Name: fmt.Sprintf("given %d", i+1), Aliases: []string{alias}})
	}
	if len(aliases) == 0 {
		in.Hidden = append(in.Hidden, "rooms: name one with --room ALIAS@"+in.Plan.Domains[0].Name+" (and look as a partner, --as) to have it called")
		in.comments = append(in.comments, plan.Comment{Path: "rooms", Above: "FILL IN: rooms, at least one that partners can call; a check calls it (LOC-07). Take the\n" +
			"marks off:\nrooms:\n- name: Meet\n  aliases: [meet@" + in.Plan.Domains[0].Name + "]"})
	}
}

func (in *Inference) hidden() {
	in.Hidden = append(in.Hidden,
		"NAT: the nodes' own addresses behind it, and whether it maps one to one",
		"locations, and which nodes are proxies",
		"nodes that no certificate names",
		"partners, and what From is made of",
	)
	in.comments = append(in.comments,
		plan.Comment{Above: "Inferred from what " + in.Plan.Domains[0].Name + " shows in DNS and TLS. ASSUMED marks conclusions;\nFILL IN what a person must write. Not to be seen from outside:\n  " + strings.Join(in.Hidden, "\n  ")},
		plan.Comment{Path: "locations", Above: "ASSUMED: all nodes are in one location"},
		plan.Comment{Path: "from", Beside: "ASSUMED"},
		plan.Comment{Path: "verify", Beside: "ASSUMED"},
		plan.Comment{Path: "media_ports", Above: "ASSUMED: what nodes come with"})
}

// YAML is the plan as a file, with what was concluded and what is to be filled
// in.
func (in *Inference) YAML() ([]byte, error) { return in.Plan.Commented(in.comments) }
