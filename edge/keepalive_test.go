package edge

import (
	"testing"
	"time"
)

// A link that we opened is pinged every 95 to 120 s (RFC 5626 §4.4.1) for as
// long as it lives, whether or not a pong comes.
func TestKeepAlive(t *testing.T) {
	inWorld(t, func(w *world) {
		partners := w.listen(contosoAddr, w.contoso)
		w.serve()
		go w.edge.Place(w.ctx, Place{Room: "stand-up", To: "anna@contoso.example"})
		p := <-partners
		p.wantRequest("INVITE")
		began := time.Now()
		for n := range 3 {
			time.Sleep(120 * time.Second)
			w.settle()
			buf := make([]byte, 64)
			_ = p.link.SetReadDeadline(time.Now().Add(time.Second))
			got, err := p.link.Read(buf)
			if err != nil || string(buf[:got]) != "\r\n\r\n" {
				t.Fatalf("ping %d, %v after the INVITE: %q, %v", n+1, time.Since(began), buf[:got], err)
			}
		}
	})
}
