package result

import (
	"runtime/debug"
	"testing"
)

// What a build does not say is said to be unknown, never left empty.
func TestCommitOf(t *testing.T) {
	for want, settings := range map[string][]debug.BuildSetting{
		UnknownCommit:     {{Key: "GOOS", Value: "linux"}},
		"82a0866":         {{Key: "vcs.revision", Value: "82a0866"}, {Key: "vcs.modified", Value: "false"}},
		"82a0866+changes": {{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "82a0866"}},
	} {
		if got := commitOf(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
	if tool := ThisBuild("dev"); tool.Commit == "" || tool.Version != "dev" || tool.Go == "" {
		t.Errorf("%+v", tool)
	}
}
