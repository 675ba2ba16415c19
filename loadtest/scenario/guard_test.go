package scenario

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestGuard(t *testing.T) {
	lab := []netip.Prefix{netip.MustParsePrefix("10.77.0.0/16")}
	for _, tt := range []struct {
		addr  string
		guard Guard
		ok    bool
	}{
		{"127.1.2.3", Guard{}, true},
		{"::1", Guard{}, true},
		{"::ffff:127.0.0.1", Guard{}, true},
		{"::ffff:198.51.100.40", Guard{}, false},
		{"198.51.100.40", Guard{}, false},
		{"10.77.1.1", Guard{}, false},
		{"10.77.1.1", Guard{Lab: lab}, true},
		{"::ffff:10.77.1.1", Guard{Lab: lab}, true},
		{"10.78.1.1", Guard{Lab: lab}, false},
		{"198.51.100.40", Guard{Confirmed: true}, true},
	} {
		addr := netip.MustParseAddr(tt.addr)
		err := tt.guard.Allow(addr)
		var refusal *Refusal
		if (err == nil) != tt.ok || (err != nil && (!errors.As(err, &refusal) || refusal.Error() == "")) {
			t.Errorf("%s with %+v: %v", tt.addr, tt.guard, err)
		}
		dialled := false
		dial := tt.guard.Dial(func(context.Context, string, string) (net.Conn, error) {
			dialled = true
			return nil, errors.New("nobody there")
		})
		if _, err := dial(t.Context(), "tcp", netip.AddrPortFrom(addr, 5061).String()); err == nil || dialled != tt.ok {
			t.Errorf("dialling %s with %+v: dialled %t, %v", tt.addr, tt.guard, dialled, err)
		}
	}
	dial := Guard{}.Dial(nil)
	if _, err := dial(t.Context(), "tcp", "sip.example.com:5061"); err == nil {
		t.Error("a name was dialled")
	}
}
