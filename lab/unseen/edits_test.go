//go:build unseen

package unseen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// edit is one small change to one line of a source file.
type edit struct {
	File string // below the module's root
	Line int
	Was  string // the bytes that go
	Now  string
	at   int    // their offset
	Text string // the line as it stands
}

// String names the edit by what it changes, not by where the line happens to
// be, so that the list of equivalents outlives other people's work.
func (e edit) String() string {
	return fmt.Sprintf("%s: `%s`: %q -> %q", e.File, e.Text, e.Was, e.Now)
}

// apply is the file's text with the edit made.
func (e edit) apply(source []byte) []byte {
	out := append([]byte{}, source[:e.at]...)
	out = append(out, e.Now...)
	return append(out, source[e.at+len(e.Was):]...)
}

// swaps are the operators that a slip of the hand turns into each other.
var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD,
}

// edits lists every candidate of the packages' files, in order.
func edits(root string, packages ...string) (all []edit, err error) {
	for _, dir := range packages {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			found, err := editsOf(root, file)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

func editsOf(root, file string) ([]edit, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, 0)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, file)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	var found []edit
	change := func(from, to token.Pos, now string) {
		at, end := set.Position(from), set.Position(to)
		text := strings.TrimSpace(lines[at.Line-1])
		if at.Line != end.Line || strings.Contains(text, "mutant.On") || strings.Contains(text, "log.") || strings.Contains(text, "Log.") {
			return // a named defect's own line, or what nobody judges
		}
		found = append(found, edit{name, at.Line, string(source[at.Offset:end.Offset]), now, at.Offset, text})
	}
	says := func(n ast.Node) string {
		return string(source[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset])
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if named(n, says) {
			return false
		}
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if now, ok := swaps[n.Op]; ok && !stringy(n) {
				change(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), now.String())
			}
		case *ast.IfStmt:
			change(n.Cond.Pos(), n.Cond.End(), "!("+says(n.Cond)+")")
		case *ast.BasicLit:
			if number, err := strconv.Atoi(n.Value); n.Kind == token.INT && err == nil {
				change(n.Pos(), n.End(), strconv.Itoa(number+1))
			}
		case *ast.Ident:
			if now, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
				change(n.Pos(), n.End(), now)
			}
		case *ast.ExprStmt:
			change(n.Pos(), n.End(), "")
		case *ast.ReturnStmt:
			if len(n.Results) == 0 {
				change(n.Pos(), n.End(), "")
			}
		}
		return true
	})
	return found, nil
}

// named tells whether a statement belongs to a named defect: nobody runs it.
func named(n ast.Node, says func(ast.Node) string) bool {
	var guards []ast.Node
	switch n := n.(type) {
	case *ast.IfStmt:
		guards = []ast.Node{n.Cond}
	case *ast.ForStmt:
		if n.Cond != nil {
			guards = []ast.Node{n.Cond}
		}
	case *ast.CaseClause:
		for _, one := range n.List {
			guards = append(guards, one)
		}
	case *ast.ArrayType: // how much room something begins with
		return n.Len != nil
	}
	return slices.ContainsFunc(guards, func(g ast.Node) bool { return strings.Contains(says(g), "mutant.On") })
}

// stringy tells whether + joins strings as far as can be seen: - would not build.
func stringy(n *ast.BinaryExpr) bool {
	for _, side := range []ast.Expr{n.X, n.Y} {
		if lit, ok := side.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return n.Op == token.ADD
		}
		if inner, ok := side.(*ast.BinaryExpr); ok && inner.Op == token.ADD && stringy(inner) {
			return true
		}
	}
	return false
}
