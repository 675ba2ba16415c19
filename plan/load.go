package plan

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds a plan. The largest deployments need a hundredth of it.
const (
	maxFile = 1 << 20
	maxLine = 1 << 12
)

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
	refuse := func(at place, what, instead string) (value, bool) {
		r.places[""] = at
		r.wrong("", what, instead)
		return value{}, false
	}
	if len(data) > maxFile {
		return refuse(place{1, 1}, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("write a plan of at most %d bytes", maxFile))
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors on Windows begin a file with it
	if bytes.IndexByte(data, 0) >= 0 {
		return refuse(place{1, 1}, "the file is not UTF-8: it holds a zero byte", "save it as UTF-8; editors on Windows may call what it is now Unicode, or UTF-16")
	}
	if at, long := tooLong(data); long {
		return refuse(at, "this line is too long", fmt.Sprintf("write lines of at most %d bytes", maxLine))
	}
	tokens := lexer.Tokenize(string(data))
	if at, deep := tooDeep(tokens); deep {
		return refuse(at, "this is nested deeper than any plan", "look at the brackets and the indentation here")
	}
	// Duplicate keys are let pass here to be reported with everything else.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, what := place{1, 1}, err.Error()
		if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
			at, what = placeOf(syntax.Token), syntax.Message
		}
		return refuse(at, "this is not YAML: "+what, "look at the brackets, quotes, colons and indentation here")
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.NullType && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) == 0 {
		return refuse(place{1, 1}, "the file is empty", "write a plan, beginning with domains, locations and nodes")
	}
	if len(file.Docs) > 1 {
		return refuse(place{begin(bodies[len(bodies)-1]).Line, 1}, "the file holds more than one document", "write one plan a file, without a line ---")
	}
	root := r.value("", bodies[0])
	r.places[""] = place{1, 1} // what is missing is missing from the whole file
	return root, true
}

// tooLong finds the first line that is longer than a plan needs: the parser's
// time grows with the square of what one line holds.
func tooLong(data []byte) (place, bool) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(line) > maxLine {
			return place{number, maxLine + 1}, true
		}
	}
	return place{}, false
}

// tooDeep finds the first token that is nested deeper than a plan can be: the
// parser's time grows with the square of that, too.
func tooDeep(tokens token.Tokens) (place, bool) {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		if depth > 16 {
			return placeOf(t), true
		}
	}
	return place{}, false
}

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{t.Position.Line, t.Position.Column}
}
