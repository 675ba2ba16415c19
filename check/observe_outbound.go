package check

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/capture"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// reception is the partner's Edge as nodes meet it when they are asked to
// call. It lets everybody in, so that all that is wrong shows at once, and
// answers as a strict Edge would: a bare 504 to a peer whose certificate does
// not verify. To the others the user is busy; nobody has to hang up.
type reception struct {
	cfg    Config
	at     time.Time
	nodes  []plan.Node
	tokens []string // the user that each node is asked to call

	mu      sync.Mutex
	calls   []OutboundCall // by node
	turned  []refusal      // connections that never got as far as SIP
	arrived []chan struct{}
}

// refusal is a connection to us that did not complete its handshake.
type refusal struct {
	from netip.Addr
	err  error
}

const (
	maxRefusals = 64  // connections kept that came to nothing
	maxPerLink  = 64  // messages read from one link
	maxHeaders  = 100 // header lines kept of one message
	maxHeader   = 512 // bytes of each
)

func newReception(cfg Config, at time.Time) *reception {
	r := &reception{cfg: cfg, at: at, nodes: cfg.Plan.Outside()}
	for _, n := range r.nodes {
		token := "check-" + strings.ToLower(rand.Text()[:12])
		r.tokens = append(r.tokens, token)
		r.calls = append(r.calls, OutboundCall{Node: n.Name, To: "sip:" + token + "@" + cfg.As.Domain})
		r.arrived = append(r.arrived, make(chan struct{}))
	}
	return r
}

// outbound asks every node for a call and reports what arrived. why is set if
// none could be asked, and deaf if that is because we could not listen.
func (o *observer) outbound(ctx context.Context) (calls []OutboundCall, why string, deaf bool) {
	switch {
	case !o.cfg.Plan.Outbound:
		return nil, "the plan places no outbound calls", false
	case o.cfg.Trigger == nil:
		return nil, "nothing can make the nodes call (no trigger)", false
	case !o.known():
		return nil, "there is no partner that the nodes could call (no identity to observe as)", false
	}
	ln, err := o.listen(ctx)
	if err != nil {
		return nil, "the partner's Edge cannot listen: " + err.Error(), true
	}
	r := newReception(o.cfg, o.at)
	serving, stop := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() {
		err := link.Serve(serving, ln, r.link(), link.Limits{Total: 256, Handshake: o.cfg.Timeout}, r.serve)
		if err != nil {
			o.say("the partner's Edge stopped: " + err.Error())
		}
	})
	inParallel(len(r.nodes), func(i int) { o.place(ctx, r, i) })
	stop()
	served.Wait()
	return r.outcome(), "", false
}

func (o *observer) listen(ctx context.Context) (net.Listener, error) {
	if o.cfg.As.Listener != nil {
		return o.cfg.As.Listener, nil
	}
	if !o.cfg.As.Listen.IsValid() {
		return nil, errors.New("its address is not given")
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", o.cfg.As.Listen.String())
}

// place asks one node for its call and waits for the INVITE. A trigger that
// complains before the INVITE came is the end of it: the call failed at the
// node.
func (o *observer) place(ctx context.Context, r *reception, i int) {
	name, wait := r.nodes[i].Name, cmp.Or(o.cfg.CallWait, 2*o.cfg.Timeout)
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	o.say(fmt.Sprintf("asking %s to call %s", name, r.calls[i].To))
	if err := o.cfg.Trigger(bounded, r.nodes[i], r.calls[i].To); err != nil {
		r.mu.Lock()
		r.calls[i].Trigger = err.Error()
		r.mu.Unlock()
		return
	}
	select {
	case <-r.arrived[i]:
		o.say("the call from " + name + " arrived")
	case <-bounded.Done():
		if ctx.Err() == nil {
			o.say(fmt.Sprintf("no call from %s arrived within %s", name, wait))
		}
	}
}

// link asks every peer for its certificate and takes any: what is wrong with
// it is for the rules to say.
func (r *reception) link() link.Config {
	return link.Config{
		Local: r.cfg.As.Edge, Roots: r.cfg.Roots, Recorder: r.cfg.Recorder,
		TLS: &tls.Config{
			Certificates: []tls.Certificate{r.cfg.As.Certificate},
			ClientAuth:   tls.RequestClientCert,
			MinVersion:   tls.VersionTLS12, CipherSuites: everySuite(),
		},
		Refused: func(from netip.AddrPort, err error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.turned) < maxRefusals {
				r.turned = append(r.turned, refusal{from.Addr(), err})
			}
		},
	}
}

// serve reads one link until the peer is done with it.
func (r *reception) serve(_ context.Context, l *link.Link) {
	reader := raw.NewReader(l, raw.Limits{})
	for range maxPerLink {
		m, err := reader.Next()
		if err != nil {
			return
		}
		l.Received(m.Bytes, capture.Label{Text: m.Label(), CallID: m.CallID(), CSeq: m.Get("CSeq")})
		if !m.IsRequest() || m.Method() == "ACK" {
			continue
		}
		status, reason := 481, "Call/Transaction Does Not Exist"
		switch m.Method() {
		case "OPTIONS":
			status, reason = 200, "OK"
		case "INVITE":
			if status, reason = 486, "Busy Here"; l.Peer().Err != nil {
				status, reason = 504, "Server time-out"
			}
			r.note(l, m, status)
		}
		response := raw.Respond(m, status, reason, rand.Text()).Length().Bytes()
		label := capture.Label{Text: fmt.Sprintf("%d %s", status, m.Method()), CallID: m.CallID(), CSeq: m.Get("CSeq")}
		if l.Send(response, label) != nil {
			return
		}
	}
}

// note keeps the first INVITE of each node.
func (r *reception) note(l *link.Link, m *raw.Message, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.caller(l, m)
	if i < 0 || r.calls[i].Arrived {
		return
	}
	c := &r.calls[i]
	c.Arrived, c.Status, c.Peer = true, status, l.RemoteAddr().String()
	c.From, c.Contact = cut(m.Get("From")), cut(m.Get("Contact"))
	c.Headers = headerLines(m)
	vias := m.List("Via")
	for _, via := range vias[:min(len(vias), maxHeaders)] {
		c.Via = append(c.Via, cut(via))
	}
	peer := l.Peer()
	if chain := peer.Chain[:min(len(peer.Chain), maxChain)]; len(chain) > 0 {
		found := trust(chain, r.cfg.Roots, r.at)
		c.Chain, c.Trust = describe(chain), &found
	}
	if peer.Err != nil {
		c.Distrust = peer.Err.Error()
	}
	close(r.arrived[i])
}

// headerLines are the header lines of a message, but for some.
func headerLines(m *raw.Message, but ...string) (lines []string) {
	for _, h := range m.Headers[:min(len(m.Headers), maxHeaders)] {
		if !slices.ContainsFunc(but, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
			lines = append(lines, cut(h.Name+": "+h.Value))
		}
	}
	return lines
}

func cut(s string) string { return s[:min(len(s), maxHeader)] }

// caller finds the node whose call this is: by the user that it was asked to
// call or, if its dial plan changed that, by its address.
func (r *reception) caller(l *link.Link, m *raw.Message) int {
	if uri, err := raw.ParseURI(m.RequestURI()); err == nil {
		if i := slices.Index(r.tokens, strings.ToLower(uri.User)); i >= 0 {
			return i
		}
	}
	return r.nodeAt(l.RemoteAddr().Addr())
}

func (r *reception) nodeAt(a netip.Addr) int {
	return slices.IndexFunc(r.nodes, func(n plan.Node) bool { return n.Address == a || n.PublicAddr() == a })
}

// outcome is what is known when nobody calls any more.
func (r *reception) outcome() []OutboundCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.turned {
		if i := r.nodeAt(t.from); i >= 0 && !r.calls[i].Arrived {
			r.calls[i].Handshake = t.err.Error()
		}
	}
	return slices.Clone(r.calls)
}
