package edge

import (
	"context"
	"strings"

	"fedge/media/pool"
	"fedge/media/session"
	"fedge/plan"
	"fedge/sip/stack"
)

// lease takes media for a call.
func (e *Edge) lease(ctx context.Context, entry *entry, room plan.Room, offer []byte, lync bool) (*pool.Lease, error) {
	lease, err := e.config.Pool.Take(ctx, session.Open{
		ID: entry.info.ID, Conference: room.Name, Offer: offer, Lync: lync, Reserve: room.Media == plan.MediaNone,
	}, e.node.Location)
	if err != nil {
		return nil, err
	}
	e.calls.set(entry, func(info *CallInfo) { info.MediaNode = lease.Node() })
	return lease, nil
}

// elsewhere counts a room's participants on all nodes that share the pool, if
// the room has a limit that they could exceed.
func (e *Edge) elsewhere(room plan.Room) int {
	if room.Limit == 0 {
		return 0
	}
	count := 0
	for _, node := range e.config.Pool.Nodes() {
		count += node.Conferences[room.Name]
	}
	return count
}

// lync tells whether a request comes from a Lync or Skype for Business client
// or server: by its product tokens, or by headers nobody else sends.
func lync(m *stack.Message) bool {
	agent := m.Header("User-Agent") + m.Header("Server")
	return strings.Contains(agent, "UCCAPI/") || strings.Contains(agent, "RTC/") ||
		strings.Contains(agent, "RTCC/") || m.Has("Ms-Conversation-ID")
}
