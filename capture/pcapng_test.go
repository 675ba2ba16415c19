package capture

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// read opens a capture again and gives one line a TCP or UDP packet, and the
// bytes of each TCP direction put together by their sequence numbers.
func read(t *testing.T, file []byte) (lines []string, streams map[string][]byte) {
	t.Helper()
	reader, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	streams = make(map[string][]byte)
	next := make(map[string]uint32)
	for {
		data, info, err := reader.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return lines, streams
		}
		if err != nil {
			t.Fatal(err)
		}
		p := gopacket.NewPacket(data, layers.LinkTypeEthernet, gopacket.Default)
		if p.ErrorLayer() != nil {
			t.Fatalf("a packet does not decode: %v", p.ErrorLayer().Error())
		}
		if _, bad := p.VerifyChecksums(); len(bad) > 0 {
			t.Errorf("checksums: %+v", bad)
		}
		src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
		ms := info.Timestamp.Sub(began).Milliseconds()
		if udp, ok := p.TransportLayer().(*layers.UDP); ok {
			lines = append(lines, fmt.Sprintf("%d %s:%d > %s:%d udp %d", ms, src, udp.SrcPort, dst, udp.DstPort, len(udp.Payload)))
			continue
		}
		tcp := p.TransportLayer().(*layers.TCP)
		from := netip.AddrPortFrom(netip.MustParseAddr(src.String()), uint16(tcp.SrcPort)).String()
		to := netip.AddrPortFrom(netip.MustParseAddr(dst.String()), uint16(tcp.DstPort)).String()
		lines = append(lines, fmt.Sprintf("%d %s > %s %s %d", ms, from, to, flags(tcp), len(tcp.Payload)))
		way, back := from+to, to+from
		if tcp.SYN {
			next[way] = tcp.Seq
		}
		if tcp.Seq != next[way] {
			t.Errorf("%s: sequence number %d, want %d", lines[len(lines)-1], tcp.Seq, next[way])
		}
		if tcp.ACK && tcp.Ack != next[back] {
			t.Errorf("%s: acknowledges %d, want %d", lines[len(lines)-1], tcp.Ack, next[back])
		}
		next[way] += uint32(len(tcp.Payload))
		if tcp.SYN || tcp.FIN {
			next[way]++
		}
		streams[way] = append(streams[way], tcp.Payload...)
	}
}

func flags(tcp *layers.TCP) string {
	var set []string
	for name, on := range map[string]bool{"SYN": tcp.SYN, "ACK": tcp.ACK, "FIN": tcp.FIN, "PSH": tcp.PSH, "RST": tcp.RST} {
		if on {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return strings.Join(set, "+")
}

func pcapng(t *testing.T, r *Recorder, keys bool) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := r.Pcapng(&file, keys); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestPcapngTellsOneConnection(t *testing.T) {
	r := New(1 << 20)
	up, down := make([]byte, 4000), make([]byte, 100)
	rand.Read(up)
	rand.Read(down)
	r.Opened(after(0), 7, client, server)
	r.Segment(after(1), 7, client, server, up)
	r.Segment(after(2), 7, server, client, down)
	r.Datagram(after(3), netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("198.51.100.42:40000"), make([]byte, 172))
	r.Closed(after(4), 7, server, client)
	r.Closed(after(5), 7, client, server) // the other end's: told already

	lines, streams := read(t, pcapng(t, r, false))
	want := []string{
		"0 192.0.2.1:49152 > 198.51.100.40:5061 SYN 0",
		"0 198.51.100.40:5061 > 192.0.2.1:49152 ACK+SYN 0",
		"0 192.0.2.1:49152 > 198.51.100.40:5061 ACK 0",
		"1 192.0.2.1:49152 > 198.51.100.40:5061 ACK 1448",
		"1 192.0.2.1:49152 > 198.51.100.40:5061 ACK 1448",
		"1 192.0.2.1:49152 > 198.51.100.40:5061 ACK+PSH 1104",
		"2 198.51.100.40:5061 > 192.0.2.1:49152 ACK+PSH 100",
		"3 192.0.2.1:50000 > 198.51.100.42:40000 udp 172",
		"4 198.51.100.40:5061 > 192.0.2.1:49152 ACK+FIN 0",
		"4 192.0.2.1:49152 > 198.51.100.40:5061 ACK+FIN 0",
		"4 198.51.100.40:5061 > 192.0.2.1:49152 ACK 0",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("packets:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if !bytes.Equal(streams[client.String()+server.String()], up) || !bytes.Equal(streams[server.String()+client.String()], down) {
		t.Error("the streams do not carry what was sent")
	}
}

// Two organisations in one lab share a recorder, and a connection between them
// is recorded at both ends. It must be told once.
func TestPcapngTellsAConnectionOnceThoughBothEndsRecord(t *testing.T) {
	r := New(1 << 20)
	r.Opened(after(0), 1, client, server)
	r.Opened(after(0), 2, client, server)
	r.Segment(after(1), 1, client, server, []byte("hello"))
	r.Segment(after(1), 2, client, server, []byte("hello"))
	r.Closed(after(2), 1, client, server)
	r.Closed(after(2), 2, client, server)
	// The same port again, later: a connection of its own.
	r.Opened(after(9), 3, client, server)
	r.Segment(after(9), 3, client, server, []byte("again"))
	_, streams := read(t, pcapng(t, r, false))
	if got := string(streams[client.String()+server.String()]); got != "helloagain" {
		t.Errorf("stream %q", got)
	}
}

// A stream with a hole cannot be decrypted, so it ends where the room did.
func TestSegmentsEndWhereTheRoomDid(t *testing.T) {
	r := New(3*packetOverhead + cost(0, 1100))
	r.Opened(after(0), 1, client, server)
	r.Segment(after(1), 1, client, server, make([]byte, 1000))
	r.Segment(after(2), 1, client, server, make([]byte, 5000)) // no room
	r.Segment(after(3), 1, client, server, []byte("x"))        // room, but after a hole
	r.Closed(after(4), 1, client, server)
	r.Segment(after(5), 99, client, server, []byte("never opened"))
	file := pcapng(t, r, false)
	if !bytes.Contains(file, []byte("2 messages or packets were not recorded")) {
		t.Error("the file does not say what is not in it")
	}
	_, streams := read(t, file)
	if got := len(streams[client.String()+server.String()]); got != 1000 {
		t.Errorf("%d bytes", got)
	}
	if r.Dropped() != 2 {
		t.Errorf("dropped %d", r.Dropped())
	}
}

func TestIPv6(t *testing.T) {
	r := New(1 << 20)
	a, b := netip.MustParseAddrPort("[2001:db8::1]:49152"), netip.MustParseAddrPort("[2001:db8::2]:5061")
	r.Opened(after(0), 1, a, b)
	r.Segment(after(1), 1, a, b, []byte("six"))
	_, streams := read(t, pcapng(t, r, false))
	if got := string(streams[a.String()+b.String()]); got != "six" {
		t.Errorf("stream %q", got)
	}
}

// The secrets stand between the interface and the first packet, and only when
// they were asked for.
func TestSecretsLeadTheFileOnlyOnRequest(t *testing.T) {
	r := New(1 << 20)
	keys := "CLIENT_RANDOM aa bb\n"
	io.WriteString(r.KeyLog(), keys)
	r.Datagram(after(0), client, server, []byte("x"))
	const sectionHeader, interfaceDescription, enhancedPacket = 0x0A0D0D0A, 1, 6
	if got := blocks(pcapng(t, r, true)); !slices.Equal(got, []uint32{sectionHeader, interfaceDescription, secretsBlock, enhancedPacket}) {
		t.Errorf("with keys: %x", got)
	}
	without := pcapng(t, r, false)
	if got := blocks(without); slices.Contains(got, secretsBlock) || bytes.Contains(without, []byte("CLIENT_RANDOM")) {
		t.Errorf("without keys: %x", got)
	}
	if file := pcapng(t, r, true); !bytes.Contains(file, []byte(keys)) || len(file)%4 != 0 {
		t.Error("the key log must be there, padded")
	}
	if lines, _ := read(t, pcapng(t, r, true)); len(lines) != 1 {
		t.Errorf("a reader that ignores the secrets sees %q", lines)
	}
}

func blocks(file []byte) (types []uint32) {
	for len(file) >= 12 {
		types = append(types, binary.LittleEndian.Uint32(file))
		file = file[binary.LittleEndian.Uint32(file[4:]):]
	}
	return types
}
