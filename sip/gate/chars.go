package gate

// Character classes of RFC 3261 §25.1.
const (
	tokenChar = 1 << iota
	userChar  // unreserved, user-unreserved and ":" for the password; "%" is checked apart
	hostChar  // of a host name
	uriChar   // what may stand in a URI at all
	hexChar
	control // has no place in a header block
)

// classes tells the classes of each byte. It never changes.
var classes = func() (t [256]uint8) {
	mark := func(class uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= class
		}
	}
	const digit, hex = "0123456789", "abcdefABCDEF"
	const alpha = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	mark(tokenChar, alpha+digit+"-.!%*_+`'~")
	mark(userChar, alpha+digit+"-_.!~*'()"+"&=+$,;?/"+":%")
	mark(hostChar, alpha+digit+"-.")
	mark(hexChar, digit+hex)
	for c := '!'; c < 0x7f; c++ {
		t[c] |= uriChar
	}
	for _, c := range []byte("<>\"\\`^{|}") {
		t[c] &^= uriChar
	}
	for c := range 0x20 {
		t[c] |= control
	}
	t['\t'] &^= control
	t[0x7f] |= control
	// Raw UTF-8 is no URI by the grammar; Lync users have it in theirs.
	for c := 0x80; c < 0x100; c++ {
		t[c] |= uriChar | userChar
	}
	return t
}()

// all tells whether s is not empty and made of that class only.
func all(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return s != ""
}

// escapesRight tells whether each % is followed by two hex digits.
func escapesRight(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && (i+2 >= len(s) || classes[s[i+1]]&classes[s[i+2]]&hexChar == 0) {
			return false
		}
	}
	return true
}
