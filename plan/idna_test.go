package plan

import (
	"strings"
	"testing"
)

// TestAsDNS: names as DNS has them, and none where there is none.
func TestAsDNS(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"bücher.example": "xn--bcher-kva.example", "vc.MÜNCHEN.example": "vc.xn--mnchen-3ya.example",
		"px01.ελλάδα.example": "px01.xn--hxakic4aa.example", "例え.example": "xn--r8jz45g.example", "почта.example": "xn--80a1acny.example",
		"vc.example.com": "vc.example.com", "vc_1.example": "", "bu\u0308cher.example": "xn--bcher-kva.example", "": "", "..": "",
		strings.Repeat("ü", 64) + ".example": "",
	} {
		if got := asDNS(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// TestHostHint: who writes a name as people do is told how DNS writes it.
func TestHostHint(t *testing.T) {
	t.Parallel()
	if _, err := Starter("vc.bücher.example"); err == nil || !strings.Contains(err.Error(), "vc.xn--bcher-kva.example") {
		t.Error(err)
	}
	if _, err := Parse("x.yaml", []byte("domains:\n- name: vc.bücher.example\n  pool: sip.vc.bücher.example\n")); err == nil ||
		!strings.Contains(err.Error(), "write it as DNS and certificates do, sip.vc.xn--bcher-kva.example") {
		t.Error(err)
	}
}
