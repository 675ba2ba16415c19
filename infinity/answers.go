package infinity

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what is read. The largest platforms have a few hundred nodes and
// some ten thousand rooms of a kilobyte each.
const (
	maxFile    = 64 << 20
	maxAll     = 256 << 20
	maxFiles   = 1000
	maxObjects = 100_000 // of one resource
)

// resource is one kind of object of the API, and the file that holds it.
type resource struct {
	name   string
	needed bool
	why    string // without it
}

// resources lists what is looked for, in the order of a report.
func resources() []resource {
	return []resource{
		{"worker_vm", true, ""},
		{"system_location", true, ""},
		{"global", true, ""},
		{"tls_certificate", false, "the pool's name is assumed, and no certificate is compared with the nodes' names"},
		{"conference", false, "rooms are known by their aliases alone"},
		{"conference_alias", false, "only rooms whose answer holds its aliases are known"},
		{"gateway_routing_rule", false, "LOC-02, LOC-03, LOC-08 and LOC-09 are not looked at"},
		{"mssip_proxy", false, "an SfB server is named by its number alone"},
		{"ca_certificate", false, "whether intermediates are installed is not looked at (CRT-07)"},
	}
}

// answers is the files' objects by resource.
type answers struct {
	objects  map[string][]object
	ignored  []string // files that are no resource's
	missing  []resource
	problems *Problems
}

// readAnswers reads every file that is a known resource's: NAME.json, and
// further pages as NAME-2.json. An error is one of the directory; what is wrong
// in files is in problems.
func readAnswers(dir fs.FS) (*answers, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("infinity: reading the directory: %w", err)
	}
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("infinity: the directory holds %d files; give one with nothing but the API's answers, at most %d", len(entries), maxFiles)
	}
	a := &answers{objects: map[string][]object{}, problems: &Problems{}}
	pages := map[string][]string{}
	for _, e := range entries {
		if name, known := resourceOf(e.Name()); known && !e.IsDir() {
			pages[name] = append(pages[name], e.Name())
		} else {
			a.ignored = append(a.ignored, e.Name())
		}
	}
	left := int64(maxAll)
	for _, r := range resources() {
		if len(pages[r.name]) == 0 {
			if a.missing = append(a.missing, r); r.needed {
				a.problems.add("%s.json is missing; save the answer to GET /api/admin/configuration/v1/%s/?limit=1000 under that name", r.name, r.name)
			}
			continue
		}
		slices.SortFunc(pages[r.name], func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) })
		a.readPages(dir, r, pages[r.name], &left)
	}
	return a, nil
}

// resourceOf tells whose file it is.
func resourceOf(file string) (name string, known bool) {
	name, isJSON := strings.CutSuffix(file, ".json")
	if base, page, paged := strings.Cut(name, "-"); paged {
		if _, err := strconv.ParseUint(page, 10, 16); err != nil {
			return "", false
		}
		name = base
	}
	return name, isJSON && slices.ContainsFunc(resources(), func(r resource) bool { return r.name == name })
}

// readPages reads the files of one resource and compares what came with what
// the API said there is: a plan from one page of two would be a wrong one.
func (a *answers) readPages(dir fs.FS, r resource, files []string, left *int64) {
	total, from := 0, map[string]string{}
	broken := false
	for _, file := range files {
		page, err := readPage(dir, file, left)
		if err != nil {
			a.problems.add("%s: %v", file, err)
			broken = true
			continue
		}
		total = max(total, page.Meta.Total)
		for i, fields := range page.Objects {
			o := object{resource: r.name, file: file, number: i + 1, fields: fields, problems: a.problems}
			if o.fields == nil {
				a.problems.add("%s: object %d is null or no object; save the answer again", file, i+1)
				broken = true
				continue
			}
			if first, twice := from[o.uri()]; twice && o.uri() != "" {
				if first != file { // pages overlap when the platform changed in between
					continue
				}
				a.problems.add("%s: %s is in it twice; save the answer again", file, o.uri())
				continue
			}
			from[o.uri()] = file
			a.objects[r.name] = append(a.objects[r.name], o)
		}
	}
	got := len(a.objects[r.name])
	switch {
	case broken:
	case got > maxObjects:
		a.problems.add("%s: there are %d objects; at most %d are read", files[0], got, maxObjects)
		a.objects[r.name] = nil
	case got < total:
		a.problems.add("%s: it holds %d of the platform's %d; ask with ?limit=%d, or save the other pages as %s-2.json and so on", files[0], got, total, total, r.name)
	case got == 0 && r.needed:
		a.problems.add("%s: there is nothing in it; was the user who asked allowed to see %s?", files[0], r.name)
	}
}

// page is one answer: a list with meta and objects, a bare list, or one object.
type page struct {
	Meta struct {
		Total int `json:"total_count"`
	} `json:"meta"`
	Objects []map[string]any `json:"objects"`
}

func readPage(dir fs.FS, file string, left *int64) (page, error) {
	data, err := readBounded(dir, file, left)
	if err != nil {
		return page{}, err
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return page{}, errors.New("the file is empty; save the answer again")
	case text[0] == '<':
		return page{}, errors.New("this is a web page, not an answer of the API; is the user name right, and the path /api/admin/…?")
	}
	var p page
	var list struct{ Objects json.RawMessage }
	if text[0] == '[' {
		return p, decode(text, &p.Objects)
	}
	if err := decode(text, &list); err != nil {
		return p, err
	}
	if list.Objects != nil {
		return p, decode(text, &p)
	}
	var one map[string]any
	if err := decode(text, &one); err != nil {
		return p, err
	}
	for _, key := range []string{"error", "error_message", "detail"} {
		if _, failed := one[key]; failed && one["resource_uri"] == nil && one["id"] == nil {
			return p, fmt.Errorf("the API answered with an error (%q), not with objects; ask again", key)
		}
	}
	if len(one) == 0 {
		return p, errors.New("there is no object in it; save the answer again")
	}
	p.Objects = []map[string]any{one}
	return p, nil
}

// decode reads one JSON value and nothing after it. What json says of a text
// may quote it, and the text may be a secret: its words are not handed on.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(into)
	var shape *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	at := int64(len(text))
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	switch {
	case errors.As(err, &shape):
		return errors.New("this is JSON, but not an answer of the API: it should be an object with meta and objects, a list of objects, or an object")
	case err != nil:
		return fmt.Errorf("this is not whole JSON (it breaks off or goes wrong at byte %d); save the answer again", at)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end of the answer; save one answer a file")
	}
	return nil
}

func readBounded(dir fs.FS, file string, left *int64) ([]byte, error) {
	f, err := dir.Open(file)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file") // a pipe would hold us up for ever
	}
	limit := min(maxFile, *left)
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it is too large: %d MiB a file and %d MiB in all are read; save pages of fewer objects (?limit=…)", maxFile>>20, maxAll>>20)
	}
	*left -= int64(len(data))
	return data, nil
}

// read says what was read, and what was not.
func (a *answers) read() []string {
	var lines []string
	for _, r := range resources() {
		if n := len(a.objects[r.name]); n > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d", r.name, n))
		}
	}
	for _, r := range a.missing {
		if !r.needed {
			lines = append(lines, fmt.Sprintf("%s: not in the directory; %s", r.name, r.why))
		}
	}
	for _, file := range a.ignored {
		lines = append(lines, fmt.Sprintf("%s: ignored; files are named after their resource", quoted(file)))
	}
	return lines
}
