package scenario

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"fedge/loadtest"
	"fedge/lync"
	"fedge/plan"
	"fedge/result"
	"fedge/sip/link"
)

// Config of one load run.
type Config struct {
	Scenario Scenario
	Seed     int64

	// Org is the organisation that the calls come from. It need not listen.
	// Its dialler is guarded.
	Org   lync.Config
	Guard Guard

	Room   string       // user@domain, when the scenario names none; see PickRoom
	Domain string       // the partner's SIP domain; "" is that of the room
	Nodes  []netip.Addr // the trunks go to these in turn; none: as DNS says

	Target     loadtest.Target
	Limits     loadtest.Limits      // zero: loadtest.DefaultLimits
	Thresholds []loadtest.Threshold // besides loadtest.DefaultThresholds
	Progress   func(loadtest.Progress)
	Tool       result.Tool

	FakeClock bool // for tests, see loadtest.Config
}

// callers is how many users of the organisation call, in turn.
const callers = 1000

// What a link under load may queue: a second's worth of calls and more, for a
// target that stands still for a moment is to be measured, not cut off.
const (
	queueMessages = 16 << 10
	queueBytes    = 64 << 20
)

// PickRoom is an alias of the plan's first room that fits what calls carry
// ("" is none), "" if there is none.
func PickRoom(p *plan.Plan, media string) string {
	for _, room := range p.Rooms {
		if (room.Media == plan.MediaNone) == (media != MediaAudio) && room.PIN == "" && len(room.Aliases) > 0 {
			return room.Aliases[0]
		}
	}
	return ""
}

// Unreachable tells whether Run failed because no address of the target
// accepted TCP: exit code 4.
func Unreachable(err error) bool {
	var dial *link.DialError
	return errors.As(err, &dial) && dial.Stage == link.Connect && !Refused(err)
}

// Refused tells whether Run failed because load may not go to the target.
func Refused(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal)
}

// Run makes the calls of a scenario and says what they came to. Only what
// keeps it from beginning is an error: a bad scenario, a target that load may
// not go to (see [Refused]), links that could not be opened or proved.
func Run(ctx context.Context, c Config) (result.Load, error) {
	if err := c.prepare(); err != nil {
		return result.Load{}, err
	}
	trial, err := loadtest.NewTrial(loadtest.Config{
		Plan:       c.Scenario.Plan(c.Seed),
		Slots:      c.slots(),
		Drain:      c.Scenario.Hold + 3*c.timeout(),
		Target:     c.Target,
		Limits:     c.Limits,
		Thresholds: c.Thresholds,
		Progress:   c.Progress,
		FakeClock:  c.FakeClock,
	})
	if err != nil {
		return result.Load{}, err
	}
	calls := c.signal
	if c.Scenario.Media == MediaAudio {
		calls = c.talk
	}
	load, err := calls(ctx, trial)
	if err != nil {
		return result.Load{}, err
	}
	load.Tool, load.Scenario, load.Trunks = c.Tool, c.Scenario.Name, c.Scenario.Trunks
	return load, nil
}

// prepare fills in what was left out.
func (c *Config) prepare() error {
	if err := c.Scenario.Check(); err != nil {
		return err
	}
	if c.Scenario.Room != "" {
		c.Room = c.Scenario.Room
	}
	_, host, ok := strings.Cut(c.Room, "@")
	if !ok {
		return fmt.Errorf("scenario: room %q: want user@domain; the plan has no room for media: %s, or name one in the scenario",
			c.Room, c.Scenario.Media)
	}
	if c.Domain == "" {
		c.Domain = host
	}
	for _, node := range c.Nodes {
		if err := c.Guard.Allow(node); err != nil {
			return err
		}
	}
	if c.Org.Dial == nil {
		dialer := &net.Dialer{Timeout: farTime}
		if c.Org.Address.IsValid() {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Org.Address, 0))
		}
		c.Org.Dial = dialer.DialContext
	}
	c.Org.Dial = c.Guard.Dial(c.Org.Dial)
	c.Org.Queue, c.Org.QueueBytes = queueMessages, queueBytes
	return nil
}

// timeout is how long a request may wait for its answer (RFC 3261 §17.1.1.2).
func (c *Config) timeout() time.Duration {
	if c.Org.Timers.T1 > 0 {
		return 64 * c.Org.Timers.T1
	}
	return 32 * time.Second
}

// slots are enough that a target which answers nothing at all fails its calls
// by timeout, not the run for want of slots.
func (c *Config) slots() int {
	most := mostCalls
	if c.Scenario.Media == MediaAudio {
		most = mostAudioCalls
	}
	wanted := c.Scenario.Rate * (c.Scenario.Hold + 2*c.timeout()).Seconds()
	return min(most, max(16, int(wanted)))
}

// signal makes the calls without media, on trunks.
func (c *Config) signal(ctx context.Context, trial *loadtest.Trial) (result.Load, error) {
	crew, err := c.crew()
	if err != nil {
		return result.Load{}, err
	}
	var trunks []*trunk
	for i := range c.Scenario.Trunks {
		var node netip.Addr
		if len(c.Nodes) > 0 {
			node = c.Nodes[i%len(c.Nodes)]
		}
		t := newTrunk(crew, node, trial.Tally())
		if _, err := t.dial(ctx); err != nil {
			for _, t := range trunks {
				t.close()
			}
			return result.Load{}, fmt.Errorf("scenario: opening trunk %d of %d: %w", i+1, c.Scenario.Trunks, err)
		}
		trunks = append(trunks, t)
	}
	var readers sync.WaitGroup
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	for _, t := range trunks {
		readers.Go(func() { t.run(running) })
	}
	interrupted := context.AfterFunc(ctx, func() {
		for _, t := range trunks {
			t.hangUpAll()
		}
	})
	load := trial.Run(ctx, func(s loadtest.Start) bool { return trunks[s.N%int64(len(trunks))].start(s) })
	interrupted()
	cancel()
	for _, t := range trunks {
		t.close()
	}
	readers.Wait()
	return load, nil
}

// crew prepares what the trunks share.
func (c *Config) crew() (*crew, error) {
	edge, err := lync.NewEdge(c.Org)
	if err != nil {
		return nil, err
	}
	users := make([]string, callers)
	for i := range users {
		users[i] = fmt.Sprintf("load%03d@%s", i, strings.ToLower(c.Org.Domain))
	}
	address := c.Org.MediaPublic
	if !address.IsValid() {
		address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	offer := lync.Offer{
		Address: address, SSRC: 1,
		Audio: lync.Port{RTP: 50000, Key: lync.NewKey()}, Video: lync.Port{RTP: 50002, Key: lync.NewKey()},
	}
	return &crew{
		edge: edge, domain: c.Domain, room: c.Room, users: users, ids: lync.NewIDs(c.Org.Run),
		offer:  lync.Describe(offer),
		timers: c.Org.Timers, hold: c.Scenario.Hold, recording: c.Org.Recorder != nil,
	}, nil
}
