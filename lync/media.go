package lync

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"

	"fedge/capture"
	"fedge/media/rtp"
	"fedge/result"
)

// mediaConfig is what a client's media is made of.
type mediaConfig struct {
	address  netip.Addr
	video    bool
	tone     float64
	expect   []float64
	ssrc     uint32 // of audio
	callID   string
	recorder *capture.Recorder
	videoTo  io.Writer
	note     func(rule, detail string)
}

// media is the client's end of one call's media. Its sockets are open from the
// start, so that the offer can name them; what arrives waits in them until the
// answer brings the keys.
type media struct {
	cfg   mediaConfig
	audio *stream
	video *stream // nil without
	ear   ear
	eye   *eye
	cam   *camera
	film  clip
	quit  chan struct{}
	over  sync.Once

	mu      sync.Mutex
	running bool
	readers sync.WaitGroup
	senders sync.WaitGroup
}

// newSSRC draws an SSRC with room for video's behind it.
func newSSRC() uint32 {
	var b [4]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return binary.BigEndian.Uint32(b[:])>>1 + 1
}

func openMedia(c mediaConfig) (*media, error) {
	m := &media{cfg: c, quit: make(chan struct{})}
	audio, err := m.open("audio", c.ssrc, rtp.AudioClock)
	if err != nil {
		return nil, err
	}
	m.audio = audio
	audio.hear = m.hearAudio
	if !c.video {
		return m, nil
	}
	// The lowest SSRC of the range speaks for all in RTCP ([MS-RTP] 3.2).
	if m.video, err = m.open("video", c.ssrc+1, rtp.VideoClock); err != nil {
		audio.pair.close()
		return nil, err
	}
	if m.film, err = loadClip(); err != nil {
		return nil, err
	}
	m.eye, m.cam = newEye(c.ssrc+1, c.videoTo), &camera{note: c.note}
	m.video.hear, m.video.feedback, m.video.extra = m.eye.see, m.cam.feedback, m.eye.ask
	return m, nil
}

func (m *media) open(kind string, ssrc, clock uint32) (*stream, error) {
	p, err := openPair(m.cfg.address)
	if err != nil {
		return nil, err
	}
	return &stream{
		kind: kind, pair: p, key: NewKey(), ssrc: ssrc, clock: clock, recorder: m.cfg.recorder,
		cname: m.cfg.callID[:min(len(m.cfg.callID), 16)],
		sent:  sent{seq: uint16(ssrc)},
	}, nil
}

// ports are what the offer says of our sockets.
func (m *media) ports() (audio, video Port) {
	audio = m.audio.port()
	if m.video != nil {
		video = m.video.port()
	}
	return audio, video
}

func (s *stream) port() Port {
	return Port{RTP: portOf(s.pair.rtp), RTCP: portOf(s.pair.rtcp), Key: s.key}
}

// start begins to send and to receive what the peer accepted.
func (m *media) start(taken []accepted) {
	m.update(taken)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		return
	}
	m.running = true
	for _, s := range []*stream{m.audio, m.video} {
		if s == nil || !s.ready() {
			continue
		}
		m.readers.Go(func() { s.read(s.pair.rtp) })
		m.readers.Go(func() { s.read(s.pair.rtcp) })
		m.senders.Go(func() { m.reports(s) })
	}
	if m.video != nil && m.video.ready() {
		m.senders.Go(func() { film(m.video, m.cam, m.film, m.quit) })
	}
	if m.audio.ready() {
		m.senders.Go(func() { speak(m.audio, m.cfg.tone, m.quit) })
	}
}

func (s *stream) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secure.send != nil
}

// update takes what a further description changed.
func (m *media) update(taken []accepted) {
	for _, t := range taken {
		s := m.audio
		if t.Kind == "video" {
			s = m.video
		}
		if s == nil {
			continue
		}
		s.begin(t, time.Now()) // keys were checked when the description was read
		if s == m.video {
			m.eye.agree(t.payload)
			m.cam.agree(t.payload)
		}
	}
}

func (m *media) reports(s *stream) {
	p := newPacer(reportEvery)
	defer p.stop()
	for p.wait(m.quit) {
		s.report(time.Now(), false)
	}
	s.report(time.Now(), true)
}

func (m *media) hearAudio(h *rtp.Header, payload []byte, _ time.Time) {
	switch h.PayloadType {
	case rtp.MuLaw.PayloadType():
		m.ear.hear(rtp.MuLaw, h.Timestamp, payload)
	case rtp.ALaw.PayloadType():
		m.ear.hear(rtp.ALaw, h.Timestamp, payload)
	}
}

// stop ends all of it and waits.
func (m *media) stop() {
	m.over.Do(func() {
		close(m.quit)
		m.mu.Lock()
		m.running = true // nothing starts any more
		m.mu.Unlock()
		m.senders.Wait() // they say goodbye
		m.audio.pair.close()
		if m.video != nil {
			m.video.pair.close()
		}
		m.readers.Wait()
	})
}

// listen measures the next d of audio.
func (m *media) listen(ctx context.Context, d time.Duration, tones []float64) (Heard, error) {
	samples, err := m.ear.listen(ctx, m.quit, d)
	if err != nil {
		return Heard{}, err
	}
	m.remember(tones)
	var h Heard
	h.Tones, h.Own = measure(samples, m.cfg.tone, tones)
	q := m.audio.quality(m.cfg.callID)
	h.Packets, h.Lost = int(q.PacketsGot), int(q.PacketsLost)
	m.audio.mu.Lock()
	defer m.audio.mu.Unlock()
	h.From, h.FirstDelay = m.audio.got.from, m.audio.got.first.Sub(m.audio.started)
	return h, nil
}

// maxTones bounds what Quality reports.
const maxTones = 64

// remember adds tones to those that quality reports.
func (m *media) remember(tones []float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, hz := range tones {
		if len(m.cfg.expect) < maxTones && !slices.Contains(m.cfg.expect, hz) {
			m.cfg.expect = append(slices.Clip(m.cfg.expect), hz)
		}
	}
}

// present is how far over the noise a tone counts as heard, dB.
const present = 20

// echo is our own tone against the weakest tone of the others, dB; nil when we
// play none or hear none.
func echo(own float64, levels map[float64]float64) *float64 {
	weakest := math.Inf(1)
	for _, level := range levels {
		if level >= present {
			weakest = min(weakest, level)
		}
	}
	if math.IsNaN(own) || math.IsInf(weakest, 1) {
		return nil
	}
	below := own - weakest
	return &below
}

// quality is what was measured so far; tones over the latest second.
func (m *media) quality() []result.Media {
	audio := m.audio.quality(m.cfg.callID)
	m.mu.Lock()
	expect := m.cfg.expect
	m.mu.Unlock()
	if samples := m.ear.latest(sampleRate); len(samples) >= sampleRate/5 {
		levels, own := measure(samples, m.cfg.tone, expect)
		audio.TonesDecibel = make(map[string]float64, len(levels))
		for hz, level := range levels {
			audio.TonesDecibel[toneName(hz)] = level
		}
		audio.OwnDecibel = echo(own, levels)
	}
	out := []result.Media{audio}
	if m.video != nil {
		video := m.video.quality(m.cfg.callID)
		m.eye.report(&video)
		out = append(out, video)
	}
	return out
}
