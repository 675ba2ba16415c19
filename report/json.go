package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes the result indented: keys in the order of the schema, those of
// maps sorted, so that two results can be compared by diff.
func (r *Report) JSON(w io.Writer) error {
	if r.err != nil {
		return r.err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, escapeInJSON(bytes.TrimSpace(r.raw)), "", "  "); err != nil {
		return fmt.Errorf("report: indenting the JSON: %w", err)
	}
	out.WriteByte('\n')
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("report: writing the JSON: %w", err)
	}
	return nil
}
