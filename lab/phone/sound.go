package phone

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	fedgertp "fedge/media/rtp"
)

const (
	frame   = 20 * time.Millisecond
	samples = 160 // in a frame at 8 kHz
	volume  = 8000
	backlog = 500 // frames kept for Hear: 10 s
)

// sound is one stream of G.711 each way under SDES-SRTP.
type sound struct {
	socket *net.UDPConn
	key    [30]byte // ours
	heard  chan []int16
	stop   chan struct{}
	once   sync.Once
	crew   sync.WaitGroup
}

func listen(at netip.Addr) (*sound, error) {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		return nil, fmt.Errorf("phone: media: %w", err)
	}
	s := &sound{socket: socket, heard: make(chan []int16, backlog), stop: make(chan struct{})}
	rand.Read(s.key[:]) // never fails: crypto/rand ends the program instead
	return s, nil
}

// offer is a plain description: one audio line, one crypto line.
func (s *sound) offer() []byte {
	at := s.socket.LocalAddr().(*net.UDPAddr).AddrPort()
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\n"+
		"m=audio %[2]d RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=rtcp-mux\r\n"+
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%[3]s\r\n",
		at.Addr(), at.Port(), base64.StdEncoding.EncodeToString(s.key[:]))
}

var (
	connection = regexp.MustCompile(`(?m)^c=IN IP4 (\S+)\r?$`)
	audio      = regexp.MustCompile(`(?m)^m=audio (\d+) RTP/SAVP `)
	inline     = regexp.MustCompile(`(?m)^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/]{40})`)
)

// start reads the answer and lets audio flow.
func (s *sound) start(answer []byte, tone float64) error {
	c, m, k := connection.FindSubmatch(answer), audio.FindSubmatch(answer), inline.FindSubmatch(answer)
	if c == nil || m == nil || k == nil {
		return errors.New("phone: the answer lacks a connection, an audio or a crypto line")
	}
	addr, err := netip.ParseAddr(string(c[1]))
	if err != nil {
		return fmt.Errorf("phone: the answer's address: %w", err)
	}
	port, err := strconv.ParseUint(string(m[1]), 10, 16)
	if err != nil {
		return fmt.Errorf("phone: the answer's port: %w", err)
	}
	theirs, err := base64.StdEncoding.DecodeString(string(k[1]))
	if err != nil {
		return errors.New("phone: the answer's key is no base64")
	}
	out, err := keyed(s.key[:])
	if err != nil {
		return err
	}
	in, err := keyed(theirs)
	if err != nil {
		return err
	}
	s.crew.Go(func() { s.play(out, netip.AddrPortFrom(addr, uint16(port)), tone) })
	s.crew.Go(func() { s.take(in) })
	return nil
}

func keyed(key []byte) (*srtp.Context, error) {
	c, err := srtp.CreateContext(key[:16], key[16:], srtp.ProtectionProfileAes128CmHmacSha1_80)
	if err != nil {
		return nil, fmt.Errorf("phone: SRTP: %w", err)
	}
	return c, nil
}

// play sends the tone until the phone stops.
func (s *sound) play(keys *srtp.Context, to netip.AddrPort, tone float64) {
	tick := time.NewTicker(frame)
	defer tick.Stop()
	packet := rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SSRC: 0x70686f6e, PayloadType: 0}}
	pcm, phase := make([]int16, samples), 0.0
	for {
		for i := range pcm {
			pcm[i] = int16(volume * math.Sin(phase))
			phase += 2 * math.Pi * tone / 8000
		}
		packet.Payload = fedgertp.MuLaw.Encode(nil, pcm)
		plain, err := packet.Marshal()
		if err != nil {
			return
		}
		secret, err := keys.EncryptRTP(nil, plain, nil)
		if err != nil {
			return
		}
		s.socket.WriteToUDPAddrPort(secret, to) // a lost packet is the network's affair
		packet.Marker = false
		packet.SequenceNumber++
		packet.Timestamp += samples
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
	}
}

// take decrypts what arrives; what nobody fetches is dropped, oldest first.
func (s *sound) take(keys *srtp.Context) {
	buf := make([]byte, 2048)
	for {
		n, _, err := s.socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			return // closed
		}
		if fedgertp.KindOf(buf[:n]) != fedgertp.RTP {
			continue
		}
		plain, err := keys.DecryptRTP(nil, buf[:n], nil)
		if err != nil {
			continue
		}
		var packet rtp.Packet
		if packet.Unmarshal(plain) != nil || packet.PayloadType != 0 {
			continue
		}
		pcm := fedgertp.MuLaw.Decode(nil, packet.Payload)
		select {
		case s.heard <- pcm:
		default:
			<-s.heard
			s.heard <- pcm
		}
	}
}

func (s *sound) hear(ctx context.Context, n int) ([]int16, error) {
	var out []int16
	for len(out) < n {
		select {
		case pcm := <-s.heard:
			out = append(out, pcm...)
		case <-ctx.Done():
			return out, fmt.Errorf("phone: heard %d of %d samples: %w", len(out), n, context.Cause(ctx))
		}
	}
	return out[:n], nil
}

func (s *sound) close() error {
	var err error
	s.once.Do(func() {
		close(s.stop)
		err = s.socket.Close()
		s.crew.Wait()
	})
	return err
}
