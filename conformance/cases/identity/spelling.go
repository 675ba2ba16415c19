package identity

import (
	"bytes"
	"context"
	"net/url"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// spelling are the cases about names that need escapes and quotes.
func spelling() []conformance.Case {
	return []conformance.Case{{
		ID:          "IDN-003",
		Title:       "User of From",
		Requirement: "The user of an alias with spaces, letters beyond ASCII, @ and reserved characters is kept, with the escapes that the grammar asks for.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §19.1.2", "RFC 3261 §25.1"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.user-raw", conformance.Content),
		Run:         user,
	}, {
		ID:          "IDN-004",
		Title:       "Display name of From",
		Requirement: "A display name with quotes, commas, angle brackets, backslashes and UTF-8 is kept as a quoted string; line ends in it become no headers.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §20.20"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.dn-inject", conformance.Content),
		Run:         display,
	}, {
		ID:          "IDN-005",
		Title:       "Parameters of the peer's To",
		Requirement: "The To of the node's ACK and BYE is the 200's, URI and tag, and should have its other parameters, as epid, and its display name.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.1", "RFC 3261 §13.2.2.4", "[MS-SIPREGE]"},
		Needs:       conformance.Needs{Media: true, Called: true},
		Mutants:     conformance.Kills("id.drop-params", conformance.Content),
		Run:         parameters,
	}, {
		ID:          "IDN-015",
		Title:       "Very long names",
		Requirement: "An INVITE whose From is very long is framed right: its Content-Length is its body's, and the next message begins behind it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 3261 §20.14"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.cl-stale", conformance.Content),
		Run:         long,
	}}
}

func user(ctx context.Context, s *conformance.Stand) error {
	for _, name := range []string{"böb smith", "a@b", `o'neil"<x>`, "a%b;c?d", "100%25"} {
		in, err := s.CalledAs(ctx, conformance.Place{From: name + "@" + inner})
		if err != nil {
			return conformance.Preamble(err)
		}
		a, err := from(in.Invite)
		if err != nil {
			return err
		}
		if !legal(a.URI.User) {
			return conformance.Holds("user of From", name+" with legal escapes", a.URI.User)
		}
		want := name
		if name == "100%25" { // an escape already
			want = "100%"
		}
		got, err := url.PathUnescape(a.URI.User)
		if err != nil {
			return conformance.Holds("user of From", name+" with legal escapes", a.URI.User)
		}
		if err := conformance.Holds("user of From, without its escapes", want, got); err != nil {
			return err
		}
		if err := in.Decline(ctx); err != nil {
			return err
		}
	}
	return nil
}

// legal holds a user part to RFC 3261 §25.1: unreserved, user-unreserved,
// escaped.
func legal(user string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/%"
	return strings.Trim(user, allowed) == "" && user != ""
}

func display(ctx context.Context, s *conformance.Stand) error {
	const name = `O"Neil, \A <sip:x@y> Grüße`
	in, err := s.CalledAs(ctx, conformance.Place{Name: name + "\r\nX-Injected: 1"})
	if err != nil {
		return conformance.Preamble(err)
	}
	if in.Invite.Has("X-Injected") {
		return conformance.Holds("headers of the INVITE", "none of the display name's making", "X-Injected")
	}
	a, err := from(in.Invite)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(a.Display, name) {
		return conformance.Holds("display name of From", name, a.Display)
	}
	if err := conformance.Holds("host of From", s.Target.Domain, strings.ToLower(a.URI.Host)); err != nil {
		return err
	}
	return in.Decline(ctx)
}

func parameters(ctx context.Context, s *conformance.Stand) error {
	in, err := s.Called(ctx)
	if err != nil {
		return err
	}
	to := `"Anna, A." ` + in.Invite.Get("To") + ";epid=69eb994c65;tag=0a1b2c;x-kept"
	ack, bye, err := in.Disappoint(ctx, to)
	if err != nil {
		return err
	}
	for _, m := range []*raw.Message{ack, bye} {
		if err := s.Weighed(conformance.HoldsAddress("To of "+m.Method(), to, m.Get("To"))); err != nil {
			return err
		}
	}
	return nil
}

func long(ctx context.Context, s *conformance.Stand) error {
	name, caller := strings.Repeat("ä", 120), strings.Repeat("ö", 40)
	in, err := s.CalledAs(ctx, conformance.Place{From: caller + "@" + inner, Name: name})
	if err != nil {
		return conformance.Preamble(err)
	}
	a, err := from(in.Invite)
	if err != nil {
		return err
	}
	if got, err := url.PathUnescape(a.URI.User); err != nil || got != caller {
		return conformance.Holds("user of From", caller, a.URI.User)
	}
	if !bytes.HasSuffix(in.Invite.Body, []byte("\r\n")) || !bytes.HasPrefix(in.Invite.Body, []byte("v=0\r\n")) {
		return conformance.Holds("body by Content-Length", "a whole session description", string(in.Invite.Body))
	}
	return in.Decline(ctx) // the ACK is framed right, too
}
