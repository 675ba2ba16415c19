package rtp

// SeqDistance tells how many steps b is ahead of a on the 16-bit circle;
// negative when it is behind (RFC 1982's comparison).
func SeqDistance(a, b uint16) int { return int(int16(b - a)) }

// TimeDistance tells how many timestamp units b is ahead of a on the 32-bit
// circle; negative when it is behind.
func TimeDistance(a, b uint32) int64 { return int64(int32(b - a)) }
