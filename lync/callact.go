package lync

import (
	"time"

	"fedge/sip/raw"
)

// act does one action of the machine.
func (c *Call) act(a Action) {
	switch a.Kind {
	case Send:
		c.write(a)
	case Answered:
		c.answered(a.Message)
	case Refused:
		err := &RefusedError{Status: a.Message.Status(), Reason: a.Message.Reason(), Bytes: a.Message.Bytes}
		c.settle(err.Status, a.Message.Bytes, err)
		c.ended(err.Error())
		c.complete(a.Kind, err)
	case Offered:
		c.offered(a.Message)
	case Reanswered:
		if taken, err := c.judge(a.Message); err == nil {
			c.updateMedia(taken)
		}
		c.complete(a.Kind, nil)
	case Declined:
		c.complete(a.Kind, &RefusedError{Status: a.Message.Status(), Reason: a.Message.Reason(), Bytes: a.Message.Bytes})
	case Ended:
		c.settle(0, nil, &FailedError{Why: a.Reason})
		c.ended(a.Reason)
		c.complete(a.Kind, nil)
	case Failed:
		c.settle(0, nil, &FailedError{Why: a.Reason})
		c.ended(a.Reason)
		c.complete(a.Kind, &FailedError{Why: a.Reason})
	case Unexpected:
		var message []byte
		if a.Message != nil {
			message = a.Message.Bytes
		}
		c.org.journal.surprise(time.Now(), c.link.Remote(), a.Reason, message)
	}
}

// answered takes the 2xx to our INVITE: the description in it is judged, and
// media starts. A client that cannot use the answer hangs up.
func (c *Call) answered(m *raw.Message) {
	taken, err := c.judge(m)
	if err != nil && c.media != nil {
		c.settle(m.Status(), m.Bytes, &FailedError{Why: "the answer cannot be used", Err: err})
		c.then = append(c.then, c.machine.Hangup)
		return
	}
	c.startMedia(taken)
	c.settle(m.Status(), m.Bytes, nil)
}

// judge looks at the description in a 2xx to an offer of ours.
func (c *Call) judge(m *raw.Message) ([]accepted, error) {
	body, err := sdpOf(m)
	if err != nil {
		c.note("sdp", err.Error())
		return nil, err
	}
	answer, taken, err := judgeAnswer(c.desc.offer, c.org.edge.profile.client, body, c.note)
	c.mu.Lock()
	c.answer = answer
	c.mu.Unlock()
	return taken, err
}

// offered takes the peer's re-INVITE: we answer with the ports we have.
func (c *Call) offered(m *raw.Message) {
	if _, err := sdpOf(m); err != nil { // a re-INVITE without an offer wants ours; clients refuse it
		c.then = append(c.then, func(time.Time) []Action { return c.machine.Reject(488, "Not Acceptable Here") })
		return
	}
	o := c.desc.offer
	o.Version++
	c.desc = Describe(o)
	c.then = append(c.then, func(now time.Time) []Action { return c.machine.Accept(now, c.desc) })
	c.then = append(c.then, func(time.Time) []Action {
		if c.machine.offer == c.desc {
			c.updateMedia(c.machine.taken)
		}
		return nil
	})
}

// openMedia takes sockets, or only describes some, and makes our description.
func (c *Call) openMedia() error {
	cfg := &c.org.cfg
	o := Offer{Address: cfg.MediaPublic, SSRC: newSSRC(), Optional: cfg.Encryption == "optional", PlainKeys: cfg.PlainKeys}
	if c.spec.MediaNone {
		// Nothing is opened and nothing will be sent there.
		o.Audio = Port{RTP: 50000, Key: NewKey()}
		if c.spec.Video {
			o.Video = Port{RTP: 50002, Key: NewKey()}
		}
	} else {
		m, err := openMedia(mediaConfig{
			address: cfg.MediaAddress, video: c.spec.Video, tone: c.spec.Tone, expect: c.spec.Expect, ssrc: o.SSRC, callID: c.callID,
			recorder: cfg.Recorder, videoTo: c.spec.VideoTo, note: c.note,
		})
		if err != nil {
			return err
		}
		c.media = m
		o.Audio, o.Video = m.ports()
	}
	c.desc = Describe(o)
	return nil
}

func (c *Call) startMedia(taken []accepted) {
	if c.media != nil {
		c.media.start(taken)
	}
}

func (c *Call) updateMedia(taken []accepted) {
	if c.media != nil {
		c.media.update(taken)
	}
}
