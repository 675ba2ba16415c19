package main

import (
	"errors"
	"fmt"
	"regexp"

	"fedge/lync"
)

// plain is an error in the words of whoever administers a deployment, with the
// next thing to do. The chain stays below it.
type plain struct {
	words string
	err   error
}

func (p *plain) Error() string { return p.words }
func (p *plain) Unwrap() error { return p.err }

// plainly says why a call did not come about.
func plainly(err error) error {
	if d, ok := errors.AsType[*lync.Diagnostic](err); ok {
		words := fmt.Sprintf("the partner's Access Edge cannot put the call through: %q, ms-diagnostics %d", d.Reason, d.ID)
		if d.Err != nil {
			words += " (" + bare(d.Err) + ")"
		}
		return &plain{words + fmt.Sprintf("; what that means, and what to do: simulator explain %d", d.ID), err}
	}
	if refused, ok := errors.AsType[*lync.RefusedError](err); ok {
		words := fmt.Sprintf("the node refused the call with %d %s", refused.Status, refused.Reason)
		if hint := refusal(refused.Status); hint != "" {
			words += ": " + hint
		}
		return &plain{words, err}
	}
	return &plain{bare(err), err}
}

// refusal is what a node's refusal most often comes from.
func refusal(status int) string {
	switch status {
	case 403:
		return "it does not take the caller's domain for proved, or does not let it in; look at the certificate, and at the verification of SIP TLS peers"
	case 404:
		return "no room there has this alias; compare it with the rooms of the plan (LOC-07)"
	case 480, 486, 503:
		return "it has no room for the call now, or is being emptied; look at its capacity and maintenance mode"
	case 488:
		return "it takes none of the media that were offered"
	}
	return ""
}

// packages are the names with which errors say who found them: of use to whoever
// changes fedge, and to nobody else.
var packages = regexp.MustCompile(`(?m)(^|: )(?:(?:capture|certs|check|conformance|dns|edge|infinity|lab|link|loadtest|lync|plan|process|report|scenario): )+`)

// bare is an error without the packages that it went through.
func bare(err error) string { return packages.ReplaceAllString(err.Error(), "$1") }
