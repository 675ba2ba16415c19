// Package phone is a plain SIP user agent on sipgo's own client: an
// independent stack that knows nothing of Lync and shares no SIP with either
// side of fedge. It calls a room over mutual TLS, sends a tone under SDES-SRTP,
// and hears what comes back.
package phone

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Config says who calls whom.
type Config struct {
	From        string // user@domain, which the certificate must prove
	Room        string // the alias's user part
	Host        string // the node or pool to call; its name is verified
	Port        int
	Resolver    netip.AddrPort // who is asked for Host's address
	Certificate tls.Certificate
	Roots       *x509.CertPool
	Media       netip.Addr // where RTP is sent from and taken
	Tone        float64    // Hz
}

// Phone is in a call.
type Phone struct {
	agent  *sipgo.UserAgent
	dialog *sipgo.DialogClientSession
	sound  *sound
}

// Call rings the room and returns once it has answered and audio flows. Hang up
// in any case.
func Call(ctx context.Context, c Config) (*Phone, error) {
	agent, err := sipgo.NewUA(
		sipgo.WithUserAgent("fedge-phone"),
		sipgo.WithUserAgentDNSResolver(resolver(c.Resolver)),
		sipgo.WithUserAgenTLSConfig(&tls.Config{Certificates: []tls.Certificate{c.Certificate}, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}),
	)
	if err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	p := &Phone{agent: agent}
	if p.sound, err = listen(c.Media); err != nil {
		return nil, errors.Join(err, agent.Close())
	}
	if err := p.invite(ctx, c); err != nil {
		return nil, errors.Join(err, p.sound.close(), agent.Close())
	}
	return p, nil
}

// resolver asks one name server: a phone in the lab knows no other.
func resolver(at netip.AddrPort) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, at.String())
	}}
}

func (p *Phone) invite(ctx context.Context, c Config) error {
	client, err := sipgo.NewClient(p.agent, sipgo.WithClientHostname(c.Media.String()))
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	var from sip.Uri
	if err := sip.ParseUri("sip:"+c.From, &from); err != nil {
		return fmt.Errorf("phone: From: %w", err)
	}
	params := sip.NewParams()
	params.Add("transport", "tls")
	room := sip.Uri{Scheme: "sip", User: c.Room, Host: c.Host, Port: c.Port, UriParams: params}
	ua := sipgo.DialogUA{Client: client, ContactHDR: sip.ContactHeader{Address: from}}
	fromTag := sip.NewParams()
	fromTag.Add("tag", sip.GenerateTagN(16))
	p.dialog, err = ua.Invite(ctx, room, p.sound.offer(),
		&sip.FromHeader{Address: from, Params: fromTag}, sip.NewHeader("Content-Type", "application/sdp"))
	if err != nil {
		return fmt.Errorf("phone: INVITE: %w", err)
	}
	if err := p.dialog.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
		return fmt.Errorf("phone: no answer: %w", err)
	}
	if err := p.dialog.Ack(ctx); err != nil {
		return fmt.Errorf("phone: ACK: %w", err)
	}
	return p.sound.start(p.dialog.InviteResponse.Body(), c.Tone)
}

// Hear returns 8 kHz audio as it arrives, n samples of it.
func (p *Phone) Hear(ctx context.Context, n int) ([]int16, error) { return p.sound.hear(ctx, n) }

// Hangup says BYE and ends the audio.
func (p *Phone) Hangup(ctx context.Context) error {
	err := p.dialog.Bye(ctx)
	return errors.Join(err, p.sound.close(), p.agent.Close())
}
