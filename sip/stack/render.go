package stack

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"fedge/capture"
	"fedge/mutant"
)

// renderer holds the lines that are the same in every message of ours.
type renderer struct {
	server    string // "Server: fedge\r\n", or nothing
	agent     string
	allow     string
	supported string
	via       string // "Via: SIP/2.0/TLS host:port;branch=z9hG4bK"
}

func newRenderer(cfg Config) renderer {
	line := func(name, value string) string {
		if value == "" {
			return ""
		}
		return name + ": " + value + "\r\n"
	}
	return renderer{
		server:    line("Server", cfg.Product),
		agent:     line("User-Agent", cfg.Product),
		allow:     line("Allow", strings.Join(cfg.Allow, ", ")),
		supported: line("Supported", strings.Join(cfg.Supported, ", ")),
		via:       "Via: SIP/2.0/TLS " + cfg.Host + ":" + strconv.Itoa(cfg.Port) + ";branch=" + cookie,
	}
}

// response renders an answer to m, which came from that address. tag is ours,
// for a To that has none.
func (r *renderer) response(from netip.AddrPort, m *Message, tag string, a Response) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.Status >= 400 && mutant.On("sec.amplify") {
		a.ContentType, a.Body = "message/sip", []byte(strings.Repeat(m.Raw, 3))
	}
	reason := a.Reason
	if reason == "" {
		reason = reasonOf(a.Status)
	}
	b := make([]byte, 0, r.room(m, a))
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(a.Status), 10)
	b = append(append(append(b, ' '), reason...), "\r\n"...)
	b = appendVias(b, m, from)
	dialog := a.Status > 100 && a.Status < 300
	if dialog { // RFC 3261 §12.1.1; bytes as they came, [MS-SIPRE] 3.6.3
		b = appendRoutes(b, m)
	}
	if mutant.On("id.rewrite-resp") {
		b = appendHeader(b, "From", strings.ToLower(m.Header("From")))
	} else {
		b = appendLines(b, m, "From")
	}
	for to := range m.Lines("To") {
		b = append(append(b, "To: "...), to...)
		if m.ToTag() == "" && a.Status > 100 {
			b = append(append(b, ";tag="...), tag...)
		}
		b = append(b, "\r\n"...)
	}
	b = appendLines(b, m, "Call-ID")
	b = appendLines(b, m, "CSeq")
	if a.Status == 100 {
		if !mutant.On("syn.timestamp") {
			b = appendLines(b, m, "Timestamp") // RFC 3261 §8.2.6.1
		}
		return append(b, "Content-Length: 0\r\n\r\n"...), nil
	}
	if mutant.On("dlg.no-contact") {
		a.Contact = ""
	}
	if a.Contact != "" && (a.Status < 400 || a.Status == 485) {
		b = appendHeader(b, "Contact", a.Contact)
	}
	b = append(b, r.server...)
	success := a.Status/100 == 2 && a.Status != 202
	if a.Status == 405 && !mutant.On("syn.405-noallow") || success && (m.Method() == "INVITE" || m.Method() == "OPTIONS" || m.Method() == "UPDATE") {
		b = append(b, r.allow...)
	}
	if success && m.Method() != "BYE" {
		b = append(b, r.supported...)
	}
	return appendRest(b, a.Headers, a.ContentType, a.Body), nil
}

// room is what a response to m takes, or a little more: with ten Via and
// Record-Route lines of Lync's a guess would be copied once or twice as it grows.
func (r *renderer) room(m *Message, a Response) int {
	size := 512 + len(r.server) + len(r.allow) + len(r.supported) + len(a.Contact) + len(a.Body)
	for _, name := range [...]string{"Via", "Record-Route", "From", "To"} {
		for line := range m.Lines(name) {
			size += len(name) + len(": \r\n") + len(line)
		}
	}
	return size
}

// head is what a request and the ACK and CANCEL that belong to it share.
type head struct {
	uri    string
	branch string // without the cookie
	routes string // "Route: …\r\n" lines
	from   string
	to     string
	callID string
	cseq   uint32
}

// request renders a request of ours. The caller has checked o.
func (r *renderer) request(method string, h head, contact string, o Outgoing) []byte {
	if mutant.On("sec.crlf") {
		h.from = strings.ReplaceAll(h.from, "%0d%0a", "\r\n")
	}
	b := make([]byte, 0, 1024+len(o.Body))
	b = append(append(append(b, method...), ' '), h.uri...)
	b = append(append(append(b, " SIP/2.0\r\n"...), r.via...), h.branch...)
	b = append(b, "\r\n"...)
	if !mutant.On("syn.no-hops") {
		b = append(b, "Max-Forwards: 70\r\n"...)
	}
	b = append(b, h.routes...)
	b = appendHeader(b, "From", h.from)
	b = appendHeader(b, "To", h.to)
	b = appendHeader(b, "Call-ID", h.callID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(h.cseq), 10)
	b = append(append(append(b, ' '), method...), "\r\n"...)
	if contact != "" {
		b = appendHeader(b, "Contact", contact)
	}
	b = append(b, r.agent...)
	if method == "INVITE" || method == "UPDATE" {
		b = append(append(b, r.allow...), r.supported...)
	}
	return appendRest(b, o.Headers, o.ContentType, o.Body)
}

// appendRoutes copies Record-Route, a line at a time.
func appendRoutes(b []byte, m *Message) []byte {
	for line := range m.Lines("Record-Route") {
		if mutant.On("rt.rr-normalize") {
			line, _, _ = strings.Cut(line, ";ms-")
		}
		if mutant.On("dlg.rr-order") {
			b = slices.Insert(b, bytes.Index(b, []byte("\r\n"))+2, []byte("Record-Route: "+line+"\r\n")...)
			continue
		}
		b = appendHeader(b, "Record-Route", line)
	}
	return b
}

func appendLines(b []byte, m *Message, name string) []byte {
	for line := range m.Lines(name) {
		b = appendHeader(b, name, spoil(line))
	}
	return b
}

// spoil is what others do to fields that they echo. Only mutants do.
func spoil(line string) string {
	switch {
	case mutant.On("syn.echo-norm"):
		return strings.Join(strings.Fields(line), " ")
	case mutant.On("sec.echo"):
		return strings.ReplaceAll(line, "%0d%0a", "\r\n")
	case mutant.On("syn.latin1"):
		return strings.Map(func(r rune) rune { return min(r, 0xff) }, line)
	}
	return line
}

func appendHeader(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), "\r\n"...)
}

func appendRest(b []byte, headers []Header, contentType string, body []byte) []byte {
	for _, h := range headers {
		b = appendHeader(b, h.Name, h.Value)
	}
	if len(body) > 0 {
		b = appendHeader(b, "Content-Type", contentType)
	}
	b = append(b, "Content-Length: "...)
	if len(b) > 900 && mutant.On("id.cl-stale") {
		return append(append(strconv.AppendInt(b, int64(len(body)-5), 10), "\r\n\r\n"...), body...)
	}
	b = strconv.AppendInt(b, int64(len(body)), 10)
	return append(append(b, "\r\n\r\n"...), body...)
}

// labelOf names an answer to m in a transcript.
func labelOf(status int, m *Message) capture.Label {
	return label(status, m.Method(), m.CallID(), m.CSeq())
}

// label names a message in a transcript; status 0: a request.
func label(status int, method, callID string, cseq uint32) capture.Label {
	l := capture.Label{Text: method, CallID: callID, CSeq: strconv.FormatUint(uint64(cseq), 10) + " " + method}
	if status != 0 {
		l.Text = strconv.Itoa(status) + " " + method
	}
	return l
}

// reasonOf is the usual reason phrase (RFC 3261 §21).
func reasonOf(status int) string {
	if phrase := reasons[status]; phrase != "" {
		return phrase
	}
	return "Status " + strconv.Itoa(status)
}

// reasons never changes.
var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
	200: "OK", 202: "Accepted", 302: "Moved Temporarily",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	406: "Not Acceptable", 408: "Request Timeout", 413: "Request Entity Too Large", 415: "Unsupported Media Type",
	416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
	484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
	503: "Service Unavailable", 504: "Server Time-out", 513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline",
}
