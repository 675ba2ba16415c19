package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/sip/link"
)

// maxStrangers is how many addresses that are none of the plan's are looked at
// when DNS leads there.
const maxStrangers = 8

// target is an address to look at, and who is planned to be there.
type target struct {
	address netip.AddrPort
	node    string // empty: a stranger
	taking  bool   // it is to take calls
}

// planned is the public address of every node that partners meet: what the plan
// says, whatever DNS says.
func (o *observer) planned() []target {
	var targets []target
	for _, n := range o.cfg.Plan.Outside() {
		targets = append(targets, target{netip.AddrPortFrom(n.PublicAddr(), plan.Port), n.Name, n.Has(plan.Signaling)})
	}
	return targets
}

// strangers is where the pool's records, and other hosts of federation records,
// lead besides.
func (o *observer) strangers(f Facts) []target {
	known := o.planned()
	var targets []target
	for _, d := range o.cfg.Plan.Domains {
		if f.tenant(d.Name) != "" { // what is there is Microsoft's
			continue
		}
		for _, a := range f.addresses(d) {
			t := target{address: netip.AddrPortFrom(a, plan.Port)}
			same := func(o target) bool { return o.address == t.address }
			if slices.ContainsFunc(known, same) || slices.ContainsFunc(targets, same) || len(targets) == maxStrangers {
				continue
			}
			targets = append(targets, t)
		}
	}
	return targets
}

// endpoint looks at one address: with the pool's name as an Edge would; then, all at
// once, for what says nothing takes the whole of its time, with the node's own name
// as inside a call, with versions nobody should take, as strangers, and by a call.
func (o *observer) endpoint(ctx context.Context, by callers, t target, pools []string) Endpoint {
	e := Endpoint{Address: t.address, Node: t.node}
	for i, pool := range pools {
		var exchange *Exchange
		h, refused := o.probe(ctx, t, pool, offerEdge, func(l *link.Link) {
			if i == 0 && o.known() {
				exchange = o.speak(ctx, l, t, &e)
			}
		})
		if refused != "" {
			e.Refused, e.Ours = refused, h.ours
			return e
		}
		e.Handshakes, e.Options = append(e.Handshakes, h), cmp.Or(exchange, e.Options)
	}
	own := t.node
	if own == "" || o.cfg.Inferred.madeUp(own) {
		own = pools[0]
	}
	more, opened := make([]Handshake, 3), make([]Handshake, 2)
	e.Suites = make([]Offer, 2)
	steps := []func(){
		func() { more[0] = again(o.probe(ctx, t, pools[0], offerNow, nil)) }, // a certificate may go by the version
		func() { more[1] = again(o.probe(ctx, t, own, offerNow, nil)) },
		func() { more[2] = again(o.hello(ctx, t, pools[0], offerOld)) },
		func() { opened[0], e.Suites[0] = o.offer(ctx, t, pools[0], offerGCM) },
		func() { opened[1], e.Suites[1] = o.offer(ctx, t, pools[0], offerCBC) },
	}
	if o.known() && t.taking {
		e.Strangers = make([]Stranger, 2)
		steps = append(steps,
			func() { e.Strangers[0] = o.stranger(ctx, t, pools[0], showNothing) },
			func() { e.Strangers[1] = o.stranger(ctx, t, pools[0], showUnknown) })
	}
	calls := []func(){
		func() { e.Invite = o.invite(ctx, by.partner, t) },
		func() { e.Impostor = o.impostor(ctx, by.impostor, t) },
	}
	if t.taking && e.answers() {
		steps, calls = append(steps, calls...), nil
	}
	together(steps...)
	e.Handshakes = append(e.Handshakes, more...)
	for _, h := range opened { // what a node shows is known from whoever got to see it
		seen := func(s Handshake) bool { return s.ServerName == h.ServerName && len(s.Chain) > 0 }
		if len(h.Chain) > 0 && !slices.ContainsFunc(e.Handshakes, seen) {
			e.Handshakes = append(e.Handshakes, h)
		}
	}
	if t.taking && e.answers() { // which showed only now
		together(calls...)
	}
	return e
}

// again is a handshake with an address that took a connection before: to have
// none now is no answer to what would have been offered.
func again(h Handshake, refused string) Handshake {
	if refused != "" {
		h.Failure, h.NoTLS, h.Untried = refused, true, true
	}
	return h
}

// speak asks a node what it can do and, if it answers at all and takes calls,
// for the presence of a room.
func (o *observer) speak(ctx context.Context, l *link.Link, t target, e *Endpoint) *Exchange {
	x, err := o.options(ctx, l)
	d, _ := o.cfg.Plan.Domain(t.node)
	if room, found := alias(o.cfg.Plan, d.Name); found && err == nil && t.taking {
		e.Presence = o.presence(ctx, l, room)
	}
	return x
}

// probe does one handshake as the observing partner and then, if it completes,
// what use wants. refused is why there was no TCP connection.
func (o *observer) probe(ctx context.Context, t target, name, offer string, use func(*link.Link)) (h Handshake, refused string) {
	return o.handshake(ctx, t, name, offer, o.cfg.As.Certificate, use)
}

// handshake is probe, with any certificate; an empty one shows none.
func (o *observer) handshake(ctx context.Context, t target, name, offer string, mine tls.Certificate, use func(*link.Link)) (h Handshake, refused string) {
	h = Handshake{ServerName: dns.Canonical(name), Offered: offer}
	settings := &tls.Config{
		// What is wrong with the chain is for the rules to say; a handshake
		// that stopped at the first defect would hide the others.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error { // before a node that refuses our certificate ends it
			h.Version, h.Suite = tls.VersionName(state.Version), nameOf(state.CipherSuite)
			o.shows(&h, state.PeerCertificates)
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.Asked = true
			return &mine, nil
		},
	}
	settings.MinVersion, settings.MaxVersion = versionsOf(offer)
	settings.CipherSuites = suitesOf(offer)
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	l, err := link.Dial(ctx, link.Config{Local: o.cfg.As.Edge, TLS: settings, Roots: o.cfg.Roots, Recorder: o.cfg.Recorder}, name, t.address, o.cfg.Dial)
	if err != nil {
		return h, h.failed(err)
	}
	defer l.Close()
	if use != nil {
		use(l)
	}
	return h, ""
}

// hello opens a handshake and leaves it there, as far as it is in clear.
func (o *observer) hello(ctx context.Context, t target, name, offer string) (h Handshake, refused string) {
	h = Handshake{ServerName: dns.Canonical(name), Offered: offer}
	opening := hello{name: h.ServerName, suites: suitesOf(offer)}
	opening.lowest, opening.highest = versionsOf(offer)
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	conn, err := link.Plain(ctx, link.Config{Recorder: o.cfg.Recorder}, name, t.address, o.cfg.Dial)
	if err != nil {
		return h, h.failed(err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	defer stop()
	said, err := opening.say(conn)
	if err != nil {
		return h, h.failed(err)
	}
	h.Version, h.Suite, h.Asked = tls.VersionName(said.version), nameOf(said.suite), said.asked
	o.shows(&h, parse(said.chain))
	if !said.done {
		h.Failure = "what it says first has no end"
	}
	return h, ""
}

// offer opens a handshake of TLS 1.2 with one kind of suite.
func (o *observer) offer(ctx context.Context, t target, name, offered string) (Handshake, Offer) {
	h := again(o.hello(ctx, t, name, offered))
	out := Offer{Offered: offered, Agreed: h.agreed(), Suite: h.Suite}
	if !out.Agreed {
		out.Failure, out.NoTLS = h.Failure, h.NoTLS
	}
	return h, out
}

// shows notes the chain that a node sent, and how far it leads.
func (o *observer) shows(h *Handshake, chain []*x509.Certificate) {
	if chain = chain[:min(len(chain), maxChain)]; len(chain) > 0 {
		found := trust(chain, o.cfg.Roots, o.at)
		h.Chain, h.Trust = describe(chain), &found
	}
}

// failed notes why a handshake did not complete. refused is why there was no
// connection to do it on.
func (h *Handshake) failed(err error) (refused string) {
	if failed, ok := errors.AsType[*link.DialError](err); ok {
		err = failed.Err
		if failed.Stage == link.Connect {
			h.ours = own(err)
			return words(err)
		}
	}
	h.Failure, h.NoTLS = words(err), len(h.Chain) == 0 && wordless(err)
	return ""
}

// own tells whether a connection failed before anything left this machine: the
// address to connect from is not its own, or it has run out of something.
func own(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// silence is what is said of a peer that says nothing.
const silence = "no answer in time"

// wordless tells whether a handshake failed without a word of TLS from the peer:
// neither an alert, nor anything in it that we would not take.
func wordless(err error) bool {
	var timeout interface{ Timeout() bool }
	var other tls.RecordHeaderError // not TLS, but another protocol
	return errors.As(err, &timeout) && timeout.Timeout() || errors.As(err, &other) ||
		errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// words is an error without the operation and addresses that evidence names
// anyway.
func words(err error) string {
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return silence
	case errors.As(err, &op) && op.Addr != nil: // without one it is an alert: "remote error: tls: …"
		return op.Err.Error()
	}
	return err.Error()
}

// maxChain bounds what of a chain is looked at; the handshake itself is
// bounded by crypto/tls.
const maxChain = 10

func describe(chain []*x509.Certificate) []certs.Facts {
	facts := make([]certs.Facts, len(chain))
	for i, c := range chain {
		facts[i] = certs.Describe(c)
	}
	return facts
}

func parse(raw [][]byte) []*x509.Certificate {
	var chain []*x509.Certificate
	for _, der := range raw[:min(len(raw), maxChain)] {
		c, err := x509.ParseCertificate(der)
		if err != nil { // crypto/tls has parsed it before
			break
		}
		chain = append(chain, c)
	}
	return chain
}
