package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds a plan. The largest deployments need a hundredth of it.
const maxFile = 1 << 20

// Load reads a plan and checks it. The error is *Problems when the file could
// be read but is not right.
func Load(path string) (*Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return Parse(path, data)
}

// Parse checks a plan that was read from the file called name, to whose
// directory the paths in it are relative. The error is *Problems.
func Parse(name string, data []byte) (*Plan, error) {
	r := &reader{places: map[string]place{}}
	p := &Plan{Path: name}
	if root, ok := r.document(data); ok {
		p.read(root, filepath.Dir(name))
		p.check(r)
	}
	if err := r.result(name); err != nil {
		return nil, err
	}
	return p, nil
}

// document gives the mapping that a plan is.
func (r *reader) document(data []byte) (value, bool) {
	r.places[""] = place{1, 1}
	if len(data) > maxFile {
		r.wrong("", fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("write a plan of at most %d bytes", maxFile))
		return value{}, false
	}
	// Duplicate keys are let pass here to be reported with everything else.
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, what := place{1, 1}, err.Error()
		if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
			at, what = placeOf(syntax.Token), syntax.Message
		}
		r.places[""] = at
		r.wrong("", "this is not YAML: "+what, "look at the brackets, quotes, colons and indentation here")
		return value{}, false
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.NullType && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		r.wrong("", "the file is empty", "write a plan, beginning with domains, locations and nodes")
		return value{}, false
	case len(file.Docs) > 1:
		r.places[""] = place{begin(bodies[len(bodies)-1]).Line, 1}
		r.wrong("", "the file holds more than one document", "write one plan a file, without a line ---")
		return value{}, false
	}
	root := r.value("", bodies[0])
	r.places[""] = place{1, 1} // what is missing is missing from the whole file
	return root, true
}

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{t.Position.Line, t.Position.Column}
}
