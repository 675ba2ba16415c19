package infinity

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// object is one object of an answer. Reading a field that has the wrong type
// notes a problem and gives nothing; null and "" are the same to the API.
type object struct {
	resource string
	file     string
	number   int // in its file, from 1
	fields   map[string]any
	problems *Problems
}

func (o object) wrong(field, want string) {
	o.problems.add("%s: object %d: %s is not %s; save the answer again", o.file, o.number, field, want)
}

// uri is what others refer to it by: "worker_vm/1".
func (o object) uri() string {
	if uri, ok := o.fields["resource_uri"].(string); ok {
		return reference(uri)
	}
	switch id := o.fields["id"].(type) {
	case json.Number:
		return o.resource + "/" + id.String()
	case string:
		return o.resource + "/" + id
	}
	return ""
}

// reference cuts a resource's URI to what tells it from others:
// /api/admin/configuration/v1/system_location/1/ is system_location/1.
func reference(uri string) string {
	if _, rest, found := strings.Cut(uri, "/v1/"); found {
		uri = rest
	}
	return strings.Trim(uri, "/")
}

func (o object) has(field string) bool {
	v, ok := o.fields[field]
	return ok && v != nil && v != ""
}

func (o object) text(field string) string {
	switch v := o.fields[field].(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	}
	o.wrong(field, "text")
	return ""
}

// host is a name in lower case; whether it is one is for the mapping to say.
func (o object) host(field string) string {
	return strings.ToLower(strings.TrimSuffix(o.text(field), "."))
}

func (o object) flag(field string) (value, known bool) {
	switch v := o.fields[field].(type) {
	case nil:
		return false, false
	case bool:
		return v, true
	case string:
		switch strings.ToLower(v) {
		case "on", "true", "yes":
			return true, true
		case "off", "false", "no":
			return false, true
		case "":
			return false, false
		}
	}
	o.wrong(field, "on or off")
	return false, false
}

func (o object) integer(field string) (n int, known bool) {
	text := ""
	switch v := o.fields[field].(type) {
	case nil:
		return 0, false
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	if text != "" || o.has(field) {
		o.wrong(field, "a number")
	}
	return 0, false
}

func (o object) address(field string) netip.Addr {
	text := o.text(field)
	if text == "" {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		o.wrong(field, "an address")
		return netip.Addr{}
	}
	return addr.Unmap()
}

// ref is a reference to another object, which may also be there in full.
func (o object) ref(field string) string {
	switch v := o.fields[field].(type) {
	case nil:
		return ""
	case string:
		return reference(v)
	case map[string]any:
		return object{resource: field, fields: v}.uri()
	}
	o.wrong(field, "a reference")
	return ""
}

// children are objects that stand in the field in full; references are left
// out.
func (o object) children(field, resource string) []object {
	list, isList := o.fields[field].([]any)
	if !isList && o.has(field) {
		o.wrong(field, "a list")
	}
	var out []object
	for _, item := range list {
		if fields, whole := item.(map[string]any); whole {
			out = append(out, object{resource: resource, file: o.file, number: o.number, fields: fields, problems: o.problems})
		}
	}
	return out
}

// quoted is a value for people to read: short, on one line, and no key.
func quoted(text string) string {
	if strings.Contains(text, "PRIVATE KEY") {
		return "(withheld: it holds a private key)"
	}
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
