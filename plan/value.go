package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// place is where something stands in the file.
type place struct{ line, column int }

// reader collects what is wrong while a file is read and checked, and remembers
// where each value stood, so that later checks can point at it.
type reader struct {
	problems []Problem
	paths    []string         // what the problems are with
	places   map[string]place // by path: nodes[1].address
}

// wrong notes a problem with what stands at a path; for a key that is not
// there, with what it belongs to.
func (r *reader) wrong(path, what, instead string) {
	r.paths = append(r.paths, path)
	at, known := r.places[path]
	for !known && path != "" {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
		at, known = r.places[path]
	}
	r.problems = append(r.problems, Problem{Line: max(1, at.line), Column: max(1, at.column), What: what, Instead: instead})
}

// troubled tells whether something is wrong with, or below, a path: then what
// would follow from it need not be said.
func (r *reader) troubled(path string) bool {
	return slices.ContainsFunc(r.paths, func(p string) bool { return strings.HasPrefix(p, path) })
}

// written tells whether a key is in the file.
func (r *reader) written(path string) bool {
	_, ok := r.places[path]
	return ok
}

// result gives the problems in the order of the file; nil when there are none.
func (r *reader) result(file string) error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Problems{File: file, List: r.problems}
}

// value is one node of the document. The zero node stands for a key that is not
// in the file.
type value struct {
	r    *reader
	path string
	node ast.Node
}

// value makes a value of a node and remembers where it stands.
func (r *reader) value(path string, node ast.Node) value {
	if at := begin(node); at != nil {
		r.places[path] = place{at.Line, at.Column}
	}
	return value{r, path, node}
}

// begin is where a node begins. A block mapping's own token is its first
// colon, and so is a sequence's first dash.
func begin(node ast.Node) *token.Position {
	switch n := node.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return begin(n.Values[0])
		}
	case *ast.MappingValueNode:
		return begin(n.Key)
	}
	if t := node.GetToken(); t != nil {
		return t.Position
	}
	return nil
}

func (v value) wrong(what, instead string) { v.r.wrong(v.path, what, instead) }

// here tells whether the key is in the file and has a value.
func (v value) here() bool { return v.node != nil }

// object is a mapping whose keys are known.
type object struct {
	value
	fields map[string]value
}

// get is the value of a key; a value without a node when it is not there.
func (o object) get(key string) value {
	if v, ok := o.fields[key]; ok {
		return v
	}
	return value{o.r, o.sub(key), nil}
}

// need is get for a key that must be there.
func (o object) need(key, instead string) value {
	v := o.get(key)
	if _, written := o.fields[key]; !written && o.node != nil {
		o.wrong(key+" is missing", instead)
	}
	return v
}

func (o object) sub(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// object reads a mapping that may have these keys and no others.
func (v value) object(known ...string) object {
	o := object{v, map[string]value{}}
	var entries []*ast.MappingValueNode
	switch n := v.node.(type) {
	case nil:
		return o
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		v.wrong(v.subject()+" is "+kind(v.node), "write keys and values: "+strings.Join(known, ", "))
		o.node = nil
		return o
	}
	for _, entry := range entries {
		o.entry(entry, known)
	}
	return o
}

func (o object) entry(entry *ast.MappingValueNode, known []string) {
	name, ok := entry.Key.(*ast.StringNode)
	if !ok {
		o.r.value(o.sub("?"), entry.Key).wrong(fmt.Sprintf("a key is %s", kind(entry.Key)), "write one of: "+strings.Join(known, ", "))
		return
	}
	path := o.sub(name.Value)
	if _, twice := o.fields[name.Value]; twice {
		first := o.r.places[path]
		o.r.value(path+"?", entry.Key).wrong(fmt.Sprintf("the key %q is here twice", name.Value),
			"write it once; the other one is in line "+fmt.Sprint(first.line))
		return
	}
	if !slices.Contains(known, name.Value) {
		o.r.value(path+"?", entry.Key).wrong(fmt.Sprintf("unknown key %q", name.Value), suggest(name.Value, known))
		return
	}
	v := o.r.value(path, entry.Value)
	if _, null := entry.Value.(*ast.NullNode); null || entry.Value == nil {
		o.r.value(path, entry.Key).wrong(fmt.Sprintf("%q has no value", name.Value), "write one, or leave the key out")
		v.node = nil
	}
	o.fields[name.Value] = v
}

// items reads a list.
func (v value) items() []value {
	switch n := v.node.(type) {
	case nil:
		return nil
	case *ast.SequenceNode:
		var items []value
		for i, node := range n.Values {
			items = append(items, v.r.value(fmt.Sprintf("%s[%d]", v.path, i), node))
		}
		return items
	}
	v.wrong(v.subject()+" is "+kind(v.node), "write a list: one item a line, each after a dash, or [a, b]")
	return nil
}

// text reads a scalar as it is written: numbers and booleans too.
func (v value) text() string {
	switch n := v.node.(type) {
	case nil:
		return ""
	case *ast.StringNode:
		if n.Value == "" {
			v.wrong(v.subject()+" is empty", "write a value, or leave the key out")
		}
		return n.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NanNode, *ast.InfinityNode:
		return n.GetToken().Value
	}
	v.wrong(v.subject()+" is "+kind(v.node), "write a single value")
	return ""
}

// subject names the value by its key, or by its list.
func (v value) subject() string {
	if v.path == "" {
		return "the file"
	}
	name := v.path[strings.LastIndex(v.path, ".")+1:]
	if list, _, item := strings.Cut(name, "["); item {
		return "an item of " + list
	}
	return name
}

func kind(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or a reference to one, which a plan may not have"
	case *ast.TagNode:
		return "a tag, which a plan may not have"
	case *ast.LiteralNode:
		return "a block of text"
	}
	return "a single value"
}
