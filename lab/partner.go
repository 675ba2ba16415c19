package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/lync"
	"fedge/plan"
)

// Partner is how one of the world's partner organisations is set up; callers
// change what they need before lync.Start.
func (w *World) Partner(domain string, rec *capture.Recorder) (lync.Config, error) {
	last := map[string]byte{Contoso: hostContoso, Fabrikam: hostFabrikam, Northwind: hostNorthwind}[domain]
	if last == 0 {
		return lync.Config{}, fmt.Errorf("lab: %s is no partner of this world", domain)
	}
	host := "sip." + domain
	certificate, err := certs.Read(filepath.Join(w.Dir, host+".pem"), filepath.Join(w.Dir, host+"-key.pem"))
	if err != nil {
		return lync.Config{}, err
	}
	addr := w.network.host(last)
	return lync.Config{
		Domain: domain, Edge: host, Listen: netip.AddrPortFrom(addr, SIPPort), Address: addr,
		Certificate: certificate, Roots: w.Roots, Resolver: dns.NewClient(w.Resolver),
		Users: Users(domain), MediaAddress: w.network.host(last + 1), Recorder: rec, Log: w.cfg.Log,
	}, nil
}

// Users are who is in a partner organisation of every world; none: whoever is
// asked for.
func Users(domain string) []string {
	if domain != Contoso {
		return nil
	}
	return []string{"anna@" + Contoso, "ben@" + Contoso, "cleo@" + Contoso}
}

// Organisation starts one of the partners. Stop it before the world.
func (w *World) Organisation(ctx context.Context, domain string, rec *capture.Recorder) (*lync.Org, error) {
	c, err := w.Partner(domain, rec)
	if err != nil {
		return nil, err
	}
	return lync.Start(ctx, c)
}

// Place makes a node call out: what an administrator's trigger does.
type Place struct {
	Room string `json:"room"`
	To   string `json:"to"`
	From string `json:"from,omitempty"` // the caller, when it is not the room
	Name string `json:"name,omitempty"` // the caller's display name
}

// Placed is what a node said of a call that it was asked for.
type Placed struct {
	Status int    // of the HTTP answer
	Body   string // as received
}

// Why says why no call was placed, in the words of the node's admin interface.
func (p Placed) Why() string {
	var said struct{ Error, Stage string }
	if json.Unmarshal([]byte(p.Body), &said) != nil || said.Error == "" {
		return fmt.Sprintf("HTTP %d %s", p.Status, strings.TrimSpace(p.Body))
	}
	for cut := true; cut; { // which package found it is of no use to a reader
		for _, lead := range []string{"edge: ", "link: ", "dns: "} {
			if said.Error, cut = strings.CutPrefix(said.Error, lead); cut {
				break
			}
		}
	}
	if said.Stage == "" {
		return said.Error
	}
	return fmt.Sprintf("it came as far as %s: %s", said.Stage, said.Error)
}

// Place asks a node's admin interface for an outbound call.
func (w *World) Place(ctx context.Context, n plan.Node, call Place) (Placed, error) {
	return place(ctx, n, call)
}

func place(ctx context.Context, n plan.Node, call Place) (Placed, error) {
	body, err := json.Marshal(call)
	if err != nil {
		return Placed{}, fmt.Errorf("lab: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.Admin.String()+"/v1/calls", bytes.NewReader(body))
	if err != nil {
		return Placed{}, fmt.Errorf("lab: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return Placed{}, fmt.Errorf("asking %s to call out: %w", n.Name, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return Placed{Status: answer.StatusCode, Body: string(said)}, err
}
