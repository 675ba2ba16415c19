package lab

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"fedge/certs"
	"fedge/plan"
)

// issue makes the authority and everybody's certificates, and writes them:
// ca.pem (the root), and for each host NAME.pem with its intermediate and
// NAME-key.pem. The deployment's nodes share one certificate, as the
// deployment guide recommends.
func (w *World) issue(b *blueprint) error {
	root, err := certs.NewAuthority("fedge lab root", time.Now())
	if err != nil {
		return err
	}
	w.root = root
	if w.authority, err = root.Intermediate("fedge lab intermediate"); err != nil {
		return err
	}
	w.Roots = root.Pool()
	if err := os.WriteFile(filepath.Join(w.Dir, "ca.pem"), root.PEM(), 0o644); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := w.issueNodes(b); err != nil {
		return err
	}
	for _, domain := range []string{Contoso, Fabrikam} {
		if _, err := w.certificate("sip." + domain); err != nil {
			return err
		}
	}
	_, err = w.certificate("sip."+Northwind, b.partner...)
	return err
}

// issueNodes makes the nodes' certificates.
func (w *World) issueNodes(b *blueprint) error {
	by, err := w.issuer(b)
	if err != nil {
		return err
	}
	shared, err := by.Issue(b.request())
	if err != nil {
		return err
	}
	if err := w.issueSecond(b, by, shared); err != nil {
		return err
	}
	if err := certs.Write(w.Dir, b.plan.Domains[0].Pool, shared); err != nil {
		return err
	}
	for _, n := range b.plan.Nodes {
		if n.Location == "meet" { // has the second pool's
			continue
		}
		certificate := shared
		if own, has := b.own[n.Name]; has {
			if certificate, err = own.issue(by, b.request(), shared); err != nil {
				return err
			}
		}
		if err := certs.Write(w.Dir, n.Name, certificate); err != nil {
			return err
		}
	}
	return nil
}

// issuer is who signs the nodes' certificates.
func (w *World) issuer(b *blueprint) (*certs.Authority, error) {
	root, intermediate := w.root, b.authority
	if b.untrusted {
		stranger, err := certs.NewAuthority("nobody's root", time.Now())
		if err != nil {
			return nil, err
		}
		root, intermediate = stranger, cmp.Or(intermediate, "nobody's intermediate")
	}
	switch {
	case b.limited:
		return root.Limited(cmp.Or(intermediate, "fedge lab intermediate for servers"), x509.ExtKeyUsageServerAuth)
	case intermediate == "":
		return w.authority, nil
	}
	return root.Intermediate(intermediate)
}

// issueSecond makes the certificate of the second pool, if there is one; or it
// is the first one's.
func (w *World) issueSecond(b *blueprint, by *certs.Authority, shared tls.Certificate) error {
	for _, d := range b.plan.Domains[1:] {
		c := shared
		if !b.everywhere {
			var err error
			if c, err = by.Issue(certs.Request{CommonName: d.Pool, Names: secondNames(b.plan, d)}); err != nil {
				return err
			}
		}
		if err := certs.Write(w.Dir, d.Pool, c); err != nil {
			return err
		}
	}
	return nil
}

// secondNames is what the certificate of a further domain's nodes names.
func secondNames(p *plan.Plan, d plan.Domain) []string {
	names := []string{d.Pool, d.Name}
	for _, n := range p.Pool(d.Name) {
		names = append(names, n.Name)
	}
	return names
}

// issue makes the certificate, in the likeness of the shared one.
func (o *ownCertificate) issue(by *certs.Authority, request certs.Request, shared tls.Certificate) (tls.Certificate, error) {
	if len(o.changes) == 0 {
		shared.Certificate = shared.Certificate[:1]
		return shared, nil
	}
	for _, change := range o.changes {
		change(&request)
	}
	request.LeafOnly = request.LeafOnly || o.bare
	if o.self {
		return certs.SelfSigned(request, time.Now())
	}
	return by.Issue(request)
}

// certificate issues and writes a certificate for one host: an honest one,
// unless it is changed.
func (w *World) certificate(host string, changes ...func(*certs.Request)) (tls.Certificate, error) {
	request := certs.Request{CommonName: host, Names: []string{host}}
	for _, change := range changes {
		change(&request)
	}
	c, err := w.authority.Issue(request)
	if err != nil {
		return tls.Certificate{}, err
	}
	return c, certs.Write(w.Dir, host, c)
}

// As is what lets somebody else be a partner of this world: the --as file.
type As struct {
	Domain      string   `yaml:"domain"`
	Edge        string   `yaml:"edge"`
	Certificate string   `yaml:"certificate"`
	Key         string   `yaml:"key"`
	Roots       string   `yaml:"roots"`
	Listen      string   `yaml:"listen"`
	Public      string   `yaml:"public"`
	Resolver    string   `yaml:"resolver,omitempty"`
	Users       []string `yaml:"users"`
}

// Host is one machine of the world, for tools that look from outside.
type Host struct {
	Name    string     `json:"name"`
	Address netip.Addr `json:"address"`
	Port    int        `json:"port"`
	Role    string     `json:"role"`
	PID     int        `json:"pid,omitempty"`
	Admin   string     `json:"admin,omitempty"`
}

// describe writes world.json and the partner's --as file.
func (w *World) describe() error {
	as := As{
		Domain: Contoso, Edge: "sip." + Contoso, Certificate: "sip." + Contoso + ".pem", Key: "sip." + Contoso + "-key.pem",
		Roots: "ca.pem", Listen: netip.AddrPortFrom(w.network.host(hostContoso), SIPPort).String(),
		Public: w.network.host(hostContosoUser).String(), Resolver: w.Resolver.String(),
		Users: Users(Contoso),
	}
	text, err := yaml.Marshal(as)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "contoso.yaml"), text, 0o644); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	world := struct {
		Domain   string   `json:"domain"`
		Pool     string   `json:"pool"`
		Resolver string   `json:"resolver"`
		Rooms    []string `json:"rooms"`
		Partners []string `json:"partners"`
		Users    []string `json:"users"`
		Faults   []string `json:"faults"`
		Hosts    []Host   `json:"hosts"`
	}{
		w.Plan.Domains[0].Name, w.Plan.Domains[0].Pool, w.Resolver.String(), []string{Room, LoadRoom, ForeignRoom},
		[]string{Contoso, Fabrikam, Northwind}, as.Users, append([]string{}, w.cfg.Faults...), w.Hosts,
	}
	data, err := json.MarshalIndent(world, "", "  ")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return os.WriteFile(filepath.Join(w.Dir, "world.json"), append(data, '\n'), 0o644)
}

// hosts lists the machines of the world.
func (w *World) hosts(b *blueprint) []Host {
	out := []Host{
		{Name: "ns." + Domain, Address: w.Resolver.Addr(), Port: int(w.Resolver.Port()), Role: "dns"},
		{Name: "ns2." + Domain, Address: w.Second.Addr(), Port: int(w.Second.Port()), Role: "dns"},
	}
	for _, n := range b.plan.Nodes {
		h := Host{Name: n.Name, Address: n.PublicAddr(), Port: SIPPort, Role: string(n.Roles[0]), Admin: "http://" + n.Admin.String(), PID: os.Getpid()}
		for _, c := range w.children {
			if c.holds(n.Name) {
				h.PID = c.pid()
			}
		}
		if b.dead[n.Name] {
			h.PID, h.Admin = 0, ""
		}
		out = append(out, h)
	}
	return append(out,
		Host{Name: "sip." + Contoso, Address: w.network.host(hostContoso), Port: SIPPort, Role: "partner"},
		Host{Name: "sip." + Fabrikam, Address: w.network.host(hostFabrikam), Port: SIPPort, Role: "partner"},
		Host{Name: "sip." + Northwind, Address: w.network.host(hostNorthwind), Port: SIPPort, Role: "partner"},
		Host{Name: "desk." + Contoso, Address: w.network.host(hostPhone), Role: "phone"})
}
