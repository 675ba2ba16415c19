package plan

import (
	"fmt"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// Marshal writes the plan as YAML that Parse, given the same file name, reads
// back to the same plan. Paths under the directory of p.Path become relative to
// it. It checks nothing: that is Parse's business.
func (p *Plan) Marshal() ([]byte, error) {
	if err := p.checkPaths(); err != nil {
		return nil, err
	}
	dir := filepath.Dir(p.Path)
	var top entries
	top.add("domains", list(p.Domains, func(d Domain) any {
		var e entries
		e.add("name", d.Name)
		e.add("pool", d.Pool)
		e.add("expected", d.Expected.entries())
		return e
	}))
	top.add("outbound", p.Outbound)
	top.add("from", string(p.From))
	top.add("verify", p.Verify)
	top.add("public_ranges", words(p.PublicRanges))
	if p.Resolver.IsValid() {
		top.add("resolver", p.Resolver.String())
	}
	if p.MediaPorts != (PortRange{}) {
		top.add("media_ports", p.MediaPorts.String())
	}
	var files entries
	files.add("roots", relative(dir, p.Certificates.Roots))
	files.add("certificate", relative(dir, p.Certificates.Certificate))
	files.add("key", relative(dir, p.Certificates.Key))
	files.add("revoked", relative(dir, p.Certificates.Revoked))
	if len(files) > 0 {
		top.add("certificates", files)
	}
	top.add("locations", list(p.Locations, func(l Location) any {
		var e entries
		e.add("name", l.Name)
		e.add("overflow", words(l.Overflow))
		e.add("from_domain", l.FromDomain)
		if l.Inside {
			e.add("inside", true)
		}
		return e
	}))
	top.add("nodes", list(p.Nodes, func(n Node) any { return n.entries(dir) }))
	top.add("rooms", list(p.Rooms, func(r Room) any {
		var e entries
		e.add("name", r.Name)
		e.add("aliases", words(r.Aliases))
		e.add("pin", r.PIN)
		e.add("limit", r.Limit)
		e.add("media", string(r.Media))
		return e
	}))
	top.add("partners", list(p.Partners, func(partner Partner) any {
		var e entries
		e.add("domain", partner.Domain)
		e.add("expect", string(partner.Expect))
		e.add("trust", string(partner.Trust))
		e.add("edge", partner.Edge)
		return e
	}))
	if p.Closed {
		top.add("discovery", false)
	}
	top.add("blocked", words(p.Blocked))
	top.add("providers", words(p.Providers))
	var limits entries
	limits.add("calls", p.Limits.Calls)
	limits.add("discovered", p.Limits.Discovered)
	limits.add("outbound", p.Limits.Outbound)
	limits.add("wrong_aliases", p.Limits.WrongAliases)
	top.add("limits", limits)
	top.add("office365", words(p.Office365))
	top.add("licences", p.Licences)
	out, err := yaml.Marshal(yaml.MapSlice(top))
	if err != nil {
		return nil, fmt.Errorf("plan: writing it as YAML: %w", err)
	}
	return out, nil
}

func (n Node) entries(dir string) entries {
	var e entries
	e.add("name", n.Name)
	e.add("address", text(n.Address))
	e.add("public", text(n.Public))
	e.add("roles", words(n.Roles))
	e.add("location", n.Location)
	e.add("certificate", relative(dir, n.Certificate))
	e.add("key", relative(dir, n.Key))
	if n.Admin.IsValid() {
		e.add("admin", n.Admin.String())
	}
	e.add("capacity", n.Capacity)
	e.add("calls", n.Calls.entries())
	return e
}

// entries is a mapping in an order of our own.
type entries yaml.MapSlice

// add appends a key, unless there is nothing to say.
func (e *entries) add(key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case int:
		if v == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	case entries:
		if len(v) == 0 {
			return
		}
		value = yaml.MapSlice(v)
	}
	*e = append(*e, yaml.MapItem{Key: key, Value: value})
}

func list[T any](items []T, one func(T) any) []any {
	var out []any
	for _, item := range items {
		v := one(item)
		if e, ok := v.(entries); ok {
			v = yaml.MapSlice(e)
		}
		out = append(out, v)
	}
	return out
}

// words writes a list of plain values.
func words[T any](items []T) []any {
	return list(items, func(item T) any { return fmt.Sprint(item) })
}

// relative makes a path relative to dir, where Parse will look for it. An
// absolute path elsewhere stays as it is.
func relative(dir, path string) string {
	inside, err := filepath.Rel(dir, path)
	if path == "" || err != nil || filepath.IsAbs(path) && !filepath.IsLocal(inside) {
		return path
	}
	return inside
}

// checkPaths refuses what cannot be said in a file: where a path leads that is
// relative to the working directory, when the plan's own is absolute.
func (p *Plan) checkPaths() error {
	paths := []string{p.Certificates.Roots, p.Certificates.Certificate, p.Certificates.Key, p.Certificates.Revoked}
	for _, n := range p.Nodes {
		paths = append(paths, n.Certificate, n.Key)
	}
	for _, path := range paths {
		if path != "" && filepath.IsAbs(p.Path) && !filepath.IsAbs(path) {
			return fmt.Errorf("plan: writing %s: the path %q is relative to the working directory; make it absolute", p.Path, path)
		}
	}
	return nil
}
