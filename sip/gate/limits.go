package gate

import (
	"time"

	"fedge/mutant"
)

// Limits bounds what one link may make the edge hold and wait for. A zero
// field means the default named beside it.
//
// The defaults take what Lync sends: INVITEs of 9-14 KB with two descriptions,
// route entries of 400 bytes, headers of about 4 KB, NOTIFYs of up to 20 KB.
type Limits struct {
	StartLine  int           // bytes of the start line: 4 KiB (414)
	Header     int           // bytes of start line and header block: 32 KiB (513)
	Fields     int           // header lines: 256 (400)
	Body       int           // bytes of the body: 64 KiB (413)
	HeaderTime time.Duration // from a message's first byte to the end of its header block: 10 s
	BodyTime   time.Duration // from there to the end of its body: 10 s
	Idle       time.Duration // between messages, without as much as a CRLF: 30 min
}

// WithDefaults returns l with every zero field set to its default.
func (l Limits) WithDefaults() Limits {
	fill(&l.StartLine, 4<<10)
	fill(&l.Header, 32<<10)
	fill(&l.Fields, 256)
	fill(&l.Body, 64<<10)
	fill(&l.HeaderTime, 10*time.Second)
	fill(&l.BodyTime, 10*time.Second)
	fill(&l.Idle, 30*time.Minute)
	return l
}

func fill[T int | time.Duration](field *T, standard T) {
	if *field == 0 {
		*field = standard
	}
}

// mutated is l, or what a mutant makes of it.
func (l Limits) mutated() Limits {
	const none = 1 << 30
	switch {
	case mutant.On("lim.none"):
		l.StartLine, l.Header, l.Fields = none, none, 1<<15
	case mutant.On("lim.hdr-count"):
		l.Header, l.Fields = none, 1<<15
	case mutant.On("lim.alloc-cl"):
		l.Body = none << 10
	}
	return l
}
