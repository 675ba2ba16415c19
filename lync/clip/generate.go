//go:build ignore

// Generate makes the film that simulated clients send: 75 frames of 176×144 at
// 15 frames a second, H.264 constrained baseline, a key frame every second.
//
// Every frame says its number twice: in the picture, as eight black or white
// blocks (four in a row, lowest bit first), and in the stream, as user data in an
// SEI unit before its slice. So a receiver can tell which frames came without
// decoding, and a decoder can tell whether that was true.
//
// It needs ffmpeg with libx264: go generate ./lync
package main

import (
	"bytes"
	"encoding/binary"
	"log"
	"os"
	"os/exec"
	"strconv"

	"fedge/media/rtp"
)

const (
	width, height = 176, 144
	rate          = 15
	frames        = 75
)

// id marks the user data as ours; lync.ClipID is the same.
var id = [16]byte{0x66, 0x65, 0x64, 0x67, 0x65, 0x2d, 0x66, 0x72, 0x61, 0x6d, 0x65, 0x2d, 0x63, 0x6f, 0x75, 0x6e}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: generate FILE")
	}
	film := encode(picture())
	if err := os.WriteFile(os.Args[1], film, 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("%s: %d frames, %d bytes", os.Args[1], frames, len(film))
}

// picture is all frames as planar 4:2:0.
func picture() []byte {
	var out []byte
	for n := range frames {
		for y := range height {
			for x := range width {
				bit := x/(width/4) + 4*(y/(height/2))
				luma := 16 + grain(x, y)
				if n>>bit&1 == 1 {
					luma = 235 - grain(x, y)
				}
				out = append(out, luma)
			}
		}
		out = append(out, bytes.Repeat([]byte{128}, width*height/2)...)
	}
	return out
}

// grain makes key frames too long for one packet.
func grain(x, y int) byte {
	v := uint32(x/2)*0x9e3779b1 ^ uint32(y/2)*0x85ebca6b
	v ^= v >> 15
	return byte(v * 0x2c1b3c6d >> 27)
}

// encode has ffmpeg encode the frames and puts the counters in.
func encode(raw []byte) []byte {
	cmd := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "176x144", "-r", strconv.Itoa(rate), "-i", "-",
		"-c:v", "libx264", "-profile:v", "baseline", "-level", "1.2", "-threads", "1", "-qp", "30", "-bf", "0", "-refs", "1",
		"-g", strconv.Itoa(rate), "-x264-params", "keyint="+strconv.Itoa(rate)+":min-keyint="+strconv.Itoa(rate)+":scenecut=0:repeat-headers=1:slices=1:sliced-threads=0",
		"-flags", "+bitexact", "-f", "h264", "-")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(raw), os.Stderr
	stream, err := cmd.Output()
	if err != nil {
		log.Fatal(err)
	}
	var film []byte
	n := uint32(0)
	for unit := range rtp.Units(stream) {
		switch rtp.NALType(unit) {
		case rtp.NALSEI: // the encoder's advertisement
			continue
		case rtp.NALSlice, rtp.NALIDR:
			film = rtp.AppendUnit(film, rtp.UserData(id, binary.BigEndian.AppendUint32(nil, n)))
			n++
		}
		film = rtp.AppendUnit(film, unit)
	}
	if n != frames {
		log.Fatalf("%d frames came out of the encoder", n)
	}
	return film
}
