package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// tree is a result as decoded JSON, so that a figure can be named by its path:
// "load.cpu.target", "check.findings.3.outcome". Numbers keep the text they have
// in the file. In a key a dot is written ~1 and a tilde ~0.
type tree struct{ root any }

func parseTree(text []byte) (tree, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var t tree
	err := dec.Decode(&t.root)
	return t, err
}

// at looks a path up. A leaf that the JSON leaves out, or that is null, is nil.
func (t tree) at(path string) (any, error) {
	here := t.root
	for key := range strings.SplitSeq(path, ".") {
		switch v := here.(type) {
		case map[string]any:
			here = v[unescapeKey(key)]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil, fmt.Errorf("report: no element %q in %q", key, path)
			}
			here = v[i]
		default:
			return nil, fmt.Errorf("report: nothing is below %q in %q", key, path)
		}
	}
	return here, nil
}

// number is the leaf at path; ok is false when there is none.
func (t tree) number(path string) (n json.Number, ok bool, err error) {
	v, err := t.at(path)
	if err != nil || v == nil {
		return "", false, err
	}
	n, ok = v.(json.Number)
	if !ok {
		return "", false, fmt.Errorf("report: %q is no number", path)
	}
	return n, true, nil
}

// join makes a path of keys and indexes; the empty root is left out.
func join(root string, keys ...any) string {
	path := root
	for _, key := range keys {
		if path != "" {
			path += "."
		}
		path += escapeKey(fmt.Sprint(key))
	}
	return path
}

func escapeKey(key string) string {
	return strings.NewReplacer("~", "~0", ".", "~1").Replace(key)
}

func unescapeKey(key string) string {
	return strings.NewReplacer("~1", ".", "~0", "~").Replace(key)
}
