//go:build interop

package rtp

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tshark knows Lync's messages from Microsoft's specification and not from us.
func TestTsharkReadsLyncMessages(t *testing.T) {
	const vsr = "rtcp.psfb.ms.vsr."
	for _, c := range []struct {
		message string
		fields  map[string]string
	}{
		{"VSR", map[string]string{
			"rtcp.psfb.fmt": "15", "rtcp.psfb.ms.afb_type": "1", "rtcp.psfb.ms.length": "88",
			"rtcp.psfb.ms.msi": "0xfffffffe", "rtcp.senderssrc": "0x4f4d2869",
			vsr + "request_id": "7", vsr + "version": "0", vsr + "num_entries": "1", vsr + "entry_length": "68",
			vsr + "entry.payload_type": "122", vsr + "entry.ucconfig_mode": "1",
			vsr + "entry.no_sp_baseline": "1", vsr + "entry.cgs": "0", vsr + "entry.aspect_ratio_16by9": "1",
			vsr + "entry.max_width": "1280", vsr + "entry.max_height": "720",
			vsr + "entry.min_bitrate": "300000", vsr + "entry.bitrate_per_level": "10000",
			vsr + "entry.frame_rate_30": "1", vsr + "entry.frame_rate_50": "0",
			vsr + "entry.musts": "0", vsr + "entry.mays": "1", vsr + "entry.max_pixels": "921600",
		}},
		{"PLI", map[string]string{
			"rtcp.psfb.fmt": "1", "rtcp.senderssrc": "0x00000001", "rtcp.mediassrc": "0x00000002",
			"rtcp.psfb.ms.pli.request_id": "9", "rtcp.psfb.ms.pli.sync_frame_request": "1,0,0,0,0,0,0,0",
		}},
		{"DSH", map[string]string{"rtcp.psfb.fmt": "15", "rtcp.psfb.ms.afb_type": "3", "rtcp.psfb.ms.msi": "0x000003e9,0x000003ea"}},
	} {
		t.Run(c.message, func(t *testing.T) {
			for _, m := range lyncMessages {
				if m.name == c.message {
					compare(t, m.bytes, c.fields)
				}
			}
		})
	}
}

func compare(t *testing.T, datagram []byte, fields map[string]string) {
	t.Helper()
	dir := t.TempDir()
	dump, packets := filepath.Join(dir, "dump.txt"), filepath.Join(dir, "packets.pcap")
	text := "0000 " + spaced(datagram) + "\n"
	if err := os.WriteFile(dump, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("text2pcap", "-q", "-u", "40001,40001", dump, packets).CombinedOutput(); err != nil {
		t.Fatalf("text2pcap: %v\n%s", err, out)
	}
	args := []string{"-r", packets, "-d", "udp.port==40001,rtcp", "-T", "fields", "-E", "separator=/t"}
	var names []string
	for name := range fields {
		names = append(names, name)
		args = append(args, "-e", name)
	}
	args = append(args, "-e", "_ws.malformed")
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\t")
	for i, name := range names {
		if got[i] != fields[name] {
			t.Errorf("tshark reads %s as %q, want %q", name, got[i], fields[name])
		}
	}
	if got[len(names)] != "" {
		t.Errorf("tshark calls it malformed: %s", got[len(names)])
	}
}

func spaced(b []byte) string {
	pairs := make([]string, len(b))
	for i, c := range b {
		pairs[i] = hex.EncodeToString([]byte{c})
	}
	return strings.Join(pairs, " ")
}
