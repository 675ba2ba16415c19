package lync

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"fedge/capture"
	"fedge/dns"
	"fedge/sip/link"
)

// Config describes an organisation. Domain, Edge, Certificate and Resolver are
// needed, the rest has defaults.
type Config struct {
	Domain string // SIP domain: contoso.example
	Edge   string // the Access Edge's FQDN, its SRV target: sip.contoso.example

	Listen   netip.AddrPort // where the Edge takes calls; zero: it only places them
	Listener net.Listener   // instead of Listen: a listener that exists already; Stop closes it
	Address  netip.Addr     // where links are dialled from; zero: the system chooses

	Certificate tls.Certificate // both as server and as client; must name Edge
	Roots       *x509.CertPool  // who may vouch for partners; nil: the system's
	Resolver    dns.Resolver
	Dial        link.DialFunc // nil: TCP from Address

	EdgeGen   string // 2010 | 2013 | 2015 | 2019 | se; "" is DefaultEdge
	ClientGen string // 2010 | 2013 | 2016; "" is DefaultClient
	Seed      int64  // varies what standards leave open
	Run       uint64 // see NewIDs; 0 draws one

	Users  []string // who is there, by name or in full; none: whoever is asked for
	Timers Timers
	Answer Behaviour // how incoming calls are answered

	MediaAddress netip.Addr // where clients take media; zero: Address, else 127.0.0.1
	MediaPublic  netip.Addr // what descriptions say instead; zero: MediaAddress
	Encryption   string     // "required" (RTP/SAVP, the default) | "optional" (RTP/AVP with keys)
	PlainKeys    bool       // see Offer.PlainKeys
	Recorder     *capture.Recorder
	Log          *slog.Logger
	Calls        int // at most this many calls at once; 1000

	Queue, QueueBytes int // of each link, see link.Config; under load the defaults are too small
}

// Behaviour is how our users answer a call.
type Behaviour struct {
	Tone      float64 // Hz of what they play; 0 is silence
	Video     bool    // answer video too
	MediaNone bool    // describe media but open no sockets
	Progress  bool    // send 183 with a description before 200
	Status    int     // refuse with this status; 0 answers
	Reason    string
	After     time.Duration // ring this long first
}

// withDefaults checks the configuration and fills in what it leaves open.
func (c Config) withDefaults() (Config, error) {
	c.Domain, c.Edge = strings.ToLower(strings.TrimSuffix(c.Domain, ".")), strings.ToLower(strings.TrimSuffix(c.Edge, "."))
	var problems []error
	missing := func(is bool, what string) {
		if is {
			problems = append(problems, errors.New("lync: Config needs "+what))
		}
	}
	missing(c.Domain == "", "Domain, a SIP domain such as contoso.example")
	missing(c.Edge == "", "Edge, the Access Edge's FQDN such as sip.contoso.example")
	missing(len(c.Certificate.Certificate) == 0, "Certificate, one that names "+c.Edge)
	missing(c.Resolver == nil, "Resolver")
	switch c.Encryption {
	case "":
		c.Encryption = "required"
	case "required", "optional":
	default:
		problems = append(problems, fmt.Errorf("lync: Encryption %q: use required or optional", c.Encryption))
	}
	if !c.MediaAddress.IsValid() {
		c.MediaAddress = c.Address
	}
	if !c.MediaAddress.IsValid() {
		c.MediaAddress = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !c.MediaPublic.IsValid() {
		c.MediaPublic = c.MediaAddress
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Calls <= 0 {
		c.Calls = 1000
	}
	if c.Dial == nil {
		dialer := &net.Dialer{Timeout: connectTimeout}
		if c.Address.IsValid() {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Address, 0))
		}
		c.Dial = dialer.DialContext
	}
	return c, errors.Join(problems...)
}

// connectTimeout is how long an Edge waits for TCP and then for TLS.
const connectTimeout = 10 * time.Second
