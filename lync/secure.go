package lync

import (
	"bytes"
	"fmt"

	"github.com/pion/srtp/v3"
)

// secure protects one m-line by the keys of both descriptions. It is not safe
// for concurrent use.
type secure struct {
	send, receive       *srtp.Context
	sendKey, receiveKey crypto
}

// profileSRTP is the only suite that Lync knows.
const profileSRTP = srtp.ProtectionProfileAes128CmHmacSha1_80

// rekey takes the keys of a description. Unchanged keys keep their state: a new
// context would repeat the key stream and lose the roll-over counter.
func (s *secure) rekey(send, receive crypto) error {
	if s.send == nil || !same(s.sendKey, send) {
		c, err := newContext(send)
		if err != nil {
			return err
		}
		s.send, s.sendKey = c, send
	}
	if s.receive == nil || !same(s.receiveKey, receive) {
		c, err := newContext(receive, srtp.SRTPReplayProtection(128), srtp.SRTCPReplayProtection(128))
		if err != nil {
			return err
		}
		s.receive, s.receiveKey = c, receive
	}
	return nil
}

func same(a, b crypto) bool { return a.key == b.key && bytes.Equal(a.mki, b.mki) }

func newContext(c crypto, options ...srtp.ContextOption) (*srtp.Context, error) {
	if c.mki != nil {
		options = append(options, srtp.MasterKeyIndicator(c.mki))
	}
	ctx, err := srtp.CreateContext(c.key[:16], c.key[16:], profileSRTP, options...)
	if err != nil {
		return nil, fmt.Errorf("lync: SRTP context for crypto tag %d: %w", c.tag, err)
	}
	return ctx, nil
}
