package plan

import (
	"fmt"
	"strings"
)

// Comment is a remark on one value of a plan that a program wrote: where the
// value came from, what was assumed, what is left to fill in.
type Comment struct {
	Path   string // as in nodes[1].roles; "" is the file
	Above  string // lines of their own before the value
	Beside string // at the end of the value's line

	// Instead is a word that is written in place of the value: one that Parse
	// refuses, where nobody knows the value yet.
	Instead string
}

// Commented writes the plan as Marshal does, with comments. What they say does
// not matter to Parse; one on a value that is not written stands before what
// the value would be part of, and
// one on a part of the file that is not written at the file's end.
func (p *Plan) Commented(comments []Comment) ([]byte, error) {
	text, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	paths, at := pathsOf(lines)
	above, beside := make([][]string, len(lines)+1), make([][]string, len(lines))
	for _, c := range comments {
		line, whole := at.find(c.Path)
		if line < 0 {
			line = len(lines)
		}
		if key, _, found := strings.Cut(lines[min(line, len(lines)-1)], ":"); found && whole && c.Instead != "" {
			lines[line] = key + ": " + c.Instead
		}
		above[line] = append(above[line], split(c.Above)...)
		switch {
		case whole && line < len(lines):
			beside[line] = append(beside[line], split(c.Beside)...)
		default: // there is no such line: what belongs beside it stands above
			above[line] = append(above[line], split(c.Beside)...)
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if i > 0 && section(paths[i]) && (strings.HasSuffix(line, ":") || !section(paths[i-1])) {
			out.WriteByte('\n')
		}
		for _, c := range above[i] {
			out.WriteString(comment(indentOf(line), c) + "\n")
		}
		if i == 0 && len(above[0]) > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(line)
		for _, c := range beside[i] {
			out.WriteString(comment("   ", c))
		}
		out.WriteByte('\n')
	}
	if len(above[len(lines)]) > 0 {
		out.WriteByte('\n')
	}
	for _, c := range above[len(lines)] {
		out.WriteString(comment("", c) + "\n")
	}
	return []byte(out.String()), nil
}

// section tells whether a path is one of the file's own keys.
func section(path string) bool { return path != "" && !strings.ContainsAny(path, ".[") }

func comment(indent, text string) string { return strings.TrimRight(indent+"# "+text, " ") }

// split gives a remark's lines. It may quote what a program read somewhere:
// nothing in it may end the comment.
func split(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(line, "?"))
		lines[i] = lines[i][:min(len(lines[i]), maxLine/2)]
	}
	return lines
}

func indentOf(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " "))] }

// places is where each path is written, by line.
type places map[string]int

// find gives a path's line; for one that is not written, the line of what it
// would be part of, or none (-1). The file itself begins at its first line.
func (p places) find(path string) (line int, whole bool) {
	if path == "" {
		return 0, false
	}
	for whole = true; path != ""; whole = false {
		if line, written := p[path]; written {
			return line, whole
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return -1, false
}

// pathsOf reads what Marshal writes: block mappings and block lists, one value
// a line, the items of a list as deep as its key.
func pathsOf(lines []string) ([]string, places) {
	paths, at := make([]string, len(lines)), places{}
	keys := map[int]string{}        // by depth: the last key there
	items := map[int]int{}          // by depth: how many items its list has so far
	inside := map[int]string{0: ""} // by depth: what the mapping there belongs to
	for i, line := range lines {
		depth := len(indentOf(line))
		rest := line[depth:]
		for strings.HasPrefix(rest, "- ") {
			item := fmt.Sprintf("%s[%d]", keys[depth], items[depth])
			items[depth]++
			at.add(item, i)
			paths[i] = item
			depth, rest = depth+2, rest[2:]
			inside[depth] = item + "."
		}
		key, _, found := strings.Cut(rest, ":")
		if !found || strings.ContainsAny(key, " \"'") {
			continue // a plain item
		}
		path := inside[depth] + key
		keys[depth], items[depth] = path, 0
		// A list below may be written as deep as its key, or deeper.
		keys[depth+2], items[depth+2], inside[depth+2] = path, 0, path+"."
		at.add(path, i)
		if paths[i] == "" {
			paths[i] = path
		}
	}
	return paths, at
}

func (p places) add(path string, line int) {
	if _, written := p[path]; !written {
		p[path] = line
	}
}
