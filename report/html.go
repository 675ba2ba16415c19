package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page
var pageFiles embed.FS

// HTML writes the result as one self-contained page: no scripts, no requests,
// light or dark as the reader's system is. Every figure on it names its path in
// the JSON (data-path) and carries the raw value (data-value).
func (r *Report) HTML(w io.Writer) error {
	if r.err != nil {
		return r.err
	}
	f := &figures{tree: r.tree}
	t, err := template.New("page.html").Funcs(f.funcs()).ParseFS(pageFiles, "page/*.html", "page/*.css")
	if err != nil {
		return fmt.Errorf("report: reading the page's template: %w", err)
	}
	// Into a buffer first: half a page would look like a whole one.
	var page bytes.Buffer
	if err := t.Execute(&page, r.page()); err != nil {
		return fmt.Errorf("report: making the page: %w", err)
	}
	if _, err := w.Write(page.Bytes()); err != nil {
		return fmt.Errorf("report: writing the page: %w", err)
	}
	return nil
}
