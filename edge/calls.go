package edge

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/mutant"
	"fedge/sip/stack"
)

// CallInfo is what Admin tells about a call.
type CallInfo struct {
	ID        string    `json:"id"`         // ours; what DELETE /v1/calls/ID takes
	CallID    string    `json:"call_id"`    // SIP's, as in transcripts; ID in DELETE may be this too
	Direction string    `json:"direction"`  // "in" or "out"
	State     string    `json:"state"`      // "starting", "answered", "ending"
	Room      string    `json:"room"`       // the room's name, once it is known
	From      string    `json:"from"`       // URI
	To        string    `json:"to"`         // URI
	Peer      string    `json:"peer"`       // host name of the link's other end
	Address   string    `json:"address"`    // and its address
	MediaNode string    `json:"media_node"` // FQDN, once there is one
	Since     time.Time `json:"since"`
}

// The states of a call.
const (
	starting = "starting"
	answered = "answered"
	leaving  = "ending"
)

// calls is the table of what this node carries. It answers three questions:
// may another call come in, is there room left in a room, and which calls are
// there to list, hang up and drain.
type calls struct {
	most int // calls at once

	mu      sync.Mutex
	live    map[string]*entry // by CallInfo.ID
	held    map[string]int    // by the peer that made them
	inRoom  map[string]int    // by room name
	resting bool              // in maintenance: nobody new
	closed  bool              // draining: nobody new, for good
	sticky  bool              // never but by a defect
	emptied chan struct{}     // closed when the table is closed and empty
}

// entry is one call in the table. Its goroutine changes info through the table.
type entry struct {
	info   CallInfo
	caller string      // the peer that made the call; "": we did
	hangUp chan ending // buffered, one: why; the call's goroutine reads it
	dialog *stack.Dialog
}

var (
	errDraining = errors.New("edge: this node takes no new calls: it is draining or in maintenance")
	errFull     = errors.New("edge: this node carries as many calls as it may")
	errRoomFull = errors.New("edge: the room has as many participants as it may")
)

func newCalls(most int) *calls {
	return &calls{most: most, live: make(map[string]*entry), held: make(map[string]int), inRoom: make(map[string]int), emptied: make(chan struct{})}
}

// admit enters a new call.
func (c *calls) admit(info CallInfo) (*entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closedTo(info.Peer); err != nil {
		c.sticky = mutant.On("ovl.sticky") && errors.Is(err, errFull)
		return nil, err
	}
	e := &entry{info: info, caller: info.Peer, hangUp: make(chan ending, 1)}
	c.live[info.ID] = e
	c.held[e.caller]++
	return e, nil
}

// admits says why a new call of a peer's would not be admitted; nil: it would be.
func (c *calls) admits(peer string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closedTo(peer)
}

func (c *calls) closedTo(peer string) error {
	switch {
	case c.closed || c.resting:
		return errDraining
	case len(c.live) >= c.most, c.greedy(peer), c.sticky:
		return errFull
	}
	return nil
}

// wasFull tells whether this was the last call that fitted in; only a defect
// cares.
func (c *calls) wasFull() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live) == c.most-1
}

// greedy tells whether a peer has so many calls that the last tenth of the
// places is not for it: one who floods the node must not shut the others out.
func (c *calls) greedy(peer string) bool {
	reserve := c.most / 10
	return peer != "" && len(c.live) >= c.most-reserve && c.held[peer] > reserve && !mutant.On("ovl.no-fair")
}

// join counts a call into a room that takes at most limit (0: any number).
// elsewhere is how many the pool has in it, other nodes' calls included.
func (c *calls) join(e *entry, room string, limit, elsewhere int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.filled(room, limit, elsewhere); err != nil {
		return err
	}
	c.inRoom[room]++
	e.info.Room = room
	return nil
}

// seats says why a call could not join a room; nil: it could.
func (c *calls) seats(room string, limit, elsewhere int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.filled(room, limit, elsewhere)
}

func (c *calls) filled(room string, limit, elsewhere int) error {
	if limit > 0 && max(c.inRoom[room], elsewhere) >= limit {
		return errRoomFull
	}
	return nil
}

// set changes what is told about a call.
func (c *calls) set(e *entry, change func(*CallInfo)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&e.info)
}

// get returns what is told about a call.
func (c *calls) get(e *entry) CallInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e.info
}

// leave strikes a call out. A second time does nothing.
func (c *calls) leave(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live[e.info.ID] != e {
		return
	}
	delete(c.live, e.info.ID)
	if c.held[e.caller]--; c.held[e.caller] == 0 {
		delete(c.held, e.caller)
	}
	if room := e.info.Room; room != "" {
		if c.inRoom[room]--; c.inRoom[room] == 0 {
			delete(c.inRoom, room)
		}
	}
	c.checkEmpty()
}

// maintain refuses new calls while on; those there are go on.
func (c *calls) maintain(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resting = on
}

// refusing tells whether new calls are refused.
func (c *calls) refusing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || c.resting
}

// close refuses new calls from now on.
func (c *calls) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.checkEmpty()
}

func (c *calls) checkEmpty() {
	if !c.closed || len(c.live) > 0 {
		return
	}
	select {
	case <-c.emptied:
	default:
		close(c.emptied)
	}
}

// of finds the call that a dialog belongs to, nil if there is none.
func (c *calls) of(d *stack.Dialog) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.live {
		if d != nil && e.dialog == d {
			return e
		}
	}
	return nil
}

// belongs says which dialog is the call's.
func (c *calls) belongs(e *entry, d *stack.Dialog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.dialog = d
}

// list tells about every call, oldest first.
func (c *calls) list() []CallInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]CallInfo, 0, len(c.live))
	for _, e := range c.live {
		all = append(all, e.info)
	}
	slices.SortFunc(all, func(a, b CallInfo) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID))
	})
	return all
}

// end asks calls to hang up: the one with this ID or SIP Call-ID, or all when
// id is empty. It returns how many were asked.
func (c *calls) end(id string, why ending) int {
	return c.endSuch(func(e *entry) bool { return id == "" || id == e.info.ID || id == e.info.CallID }, why)
}

// endSuch is end for the calls of a kind.
func (c *calls) endSuch(such func(*entry) bool, why ending) (asked int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.live {
		if such(e) {
			asked++
			e.end(why)
		}
	}
	return asked
}

// end asks one call to hang up.
func (e *entry) end(why ending) {
	select {
	case e.hangUp <- why:
	default: // has been asked already
	}
}
