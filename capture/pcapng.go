package capture

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Pcapng writes what was recorded as a packet capture, with synthetic Ethernet,
// IP, TCP and UDP headers around the payloads as sent. With keys the TLS secrets
// lead the file as a Decryption Secrets Block, and Wireshark shows the SIP
// inside without being told anything.
func (r *Recorder) Pcapng(w io.Writer, keys bool) error {
	writer, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "fedge", Description: "as sent; link, network and transport headers are synthetic",
		LinkType: layers.LinkTypeEthernet, TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "fedge", Comment: r.Drops()}})
	if err != nil {
		return fmt.Errorf("capture: starting the pcapng file: %w", err)
	}
	if keys {
		// Before the packets it decrypts. NgWriter cannot write this block, so
		// its buffer goes out first.
		if err := writer.Flush(); err != nil {
			return fmt.Errorf("capture: writing the pcapng header: %w", err)
		}
		if err := writeSecrets(w, r.keyBytes()); err != nil {
			return err
		}
	}
	wire := newWire(func(p packet, frame []byte) error {
		return writer.WritePacket(gopacket.CaptureInfo{
			Timestamp: p.at, CaptureLength: len(frame), Length: len(frame),
		}, frame)
	})
	for _, p := range r.recorded() {
		if err := wire.put(p); err != nil {
			return fmt.Errorf("capture: writing a packet: %w", err)
		}
	}
	if err := writer.Flush(); err != nil {
		return fmt.Errorf("capture: writing the pcapng file: %w", err)
	}
	return nil
}

func (r *Recorder) recorded() []packet {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]packet(nil), r.packets...)
}

// Decryption Secrets Block, draft-ietf-opsawg-pcapng §4.7.
const (
	secretsBlock = 0x0000000A
	tlsKeyLog    = 0x544C534B // "TLSK": an NSS key log
)

// writeSecrets writes the key log as a block in little endian, as NgWriter's.
func writeSecrets(w io.Writer, keyLog []byte) error {
	if len(keyLog) == 0 {
		return nil
	}
	padded := (len(keyLog) + 3) &^ 3
	total := uint32(20 + padded)
	block := make([]byte, 0, total)
	block = binary.LittleEndian.AppendUint32(block, secretsBlock)
	block = binary.LittleEndian.AppendUint32(block, total)
	block = binary.LittleEndian.AppendUint32(block, tlsKeyLog)
	block = binary.LittleEndian.AppendUint32(block, uint32(len(keyLog)))
	block = append(block, keyLog...)
	block = append(block, make([]byte, padded-len(keyLog))...)
	block = binary.LittleEndian.AppendUint32(block, total)
	if _, err := w.Write(block); err != nil {
		return fmt.Errorf("capture: writing the TLS secrets: %w", err)
	}
	return nil
}
