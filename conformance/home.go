package conformance

import (
	"context"
	"fmt"
	"time"

	"fedge/capture"
	"fedge/sip/raw"
)

const (
	noTrigger = "the target cannot be made to call out: it has no trigger"

	// goodbye is how long a node has to see that a connection is gone before it
	// is to call again.
	goodbye = 100 * time.Millisecond
)

// calls says why the node cannot be made to call a partner of ours; "": it can.
func (i Instruments) calls() string {
	switch {
	case i.Place == nil:
		return noTrigger
	case !i.atHome() && !i.founds():
		return "the target does not find us: the partner that we are (--as) has no address to listen at"
	}
	return ""
}

// atHome tells that the partner whom the node can call is the one that we are:
// one for all cases, at one address, so that they take turns.
func (i Instruments) atHome() bool {
	return i.Home.IsValid() && !i.founds()
}

// founds tells whether cases can found partners of their own: with names that the
// node looks up, and certificates that it trusts.
func (i Instruments) founds() bool { return i.Zones.Publish != nil && i.Issue != nil }

// home is the partner that we are, found where DNS says. What the node still had
// open to it from before ends first.
func (s *Stand) home(ctx context.Context) (*Partner, error) {
	if s.trial.home != nil {
		s.trial.home.close()
	}
	if err := s.Wait(ctx, goodbye); err != nil {
		return nil, err
	}
	us, at := s.Target.Partner, s.Target.Instruments.Home
	e, err := s.Listen(ctx, Listening{Host: us.Host, Address: at.Addr(), Port: at.Port(), Certificate: us.Certificate, Calls: true})
	if err != nil {
		return nil, err
	}
	s.trial.home = e
	return &Partner{Identity: us, Edge: e}, nil
}

// called reads a connection that the node has opened up to a call of its, which
// the case then finds there. What a node may have to say to us besides, of calls
// that are long over for us, it is told so.
func (p *Peer) called(ctx context.Context) bool {
	for {
		e, err := p.reader.NextEvent()
		if err != nil || ctx.Err() != nil {
			return false
		}
		m := e.Message
		switch {
		case m == nil:
			p.link.Received([]byte("\r\n"), capture.Label{Text: keepAlive(e.KeepAlive)})
		case m.Method() == "INVITE" && m.Tag("To") == "":
			p.held = make(chan raw.Event, 1)
			p.held <- e
			return true
		default:
			p.received(m)
			if err := p.dismiss(m); err != nil {
				return false
			}
		}
	}
}

// dismiss answers a request that is none of the case's business.
func (p *Peer) dismiss(m *raw.Message) error {
	switch {
	case !m.IsRequest() || m.Method() == "ACK":
		return nil
	case m.Tag("To") == "":
		return p.answerProbe(m)
	}
	return p.Send(raw.Respond(m, 481, "Call Does Not Exist", "").Length().Bytes(), fmt.Sprintf("481 %s", m.Method()))
}

// next is the next event of the connection.
func (p *Peer) next() (raw.Event, error) {
	select {
	case e := <-p.held:
		return e, nil
	default:
		return p.reader.NextEvent()
	}
}

// turns are the cases in which the node calls us at home: one at a time, and
// before all others, whose calls it may still have something to say about.
func (c Config) turns(order []int) (turns, rest []int) {
	for _, i := range order {
		if c.Cases[i].Needs.Called && c.Target.Instruments.atHome() {
			turns = append(turns, i)
		} else {
			rest = append(rest, i)
		}
	}
	return turns, rest
}

// reaches tells why the node, told to call us, does not get here; nil: it does.
func (c Config) reaches(ctx context.Context) error {
	s := c.stand("preflight")
	defer s.close()
	ctx, cancel := context.WithTimeout(ctx, caseTime+c.Target.Instruments.Dialling)
	defer cancel()
	return s.controlOut(ctx)
}

// dialling is how long a case may wait for whoever is told to place its calls.
func (c Config) dialling(one Case) time.Duration {
	if !one.Needs.Called {
		return 0
	}
	return mostCalls * c.Target.Instruments.Dialling
}

// mostCalls is how many calls of the node's a case takes that it may have from a
// person.
const mostCalls = 2
