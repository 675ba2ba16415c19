package result

import (
	"runtime"
	"runtime/debug"
)

// Tool names the build that made a result.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // with "+changes" if the tree had some; UnknownCommit if the build does not say
	Go      string `json:"go"`
}

// UnknownCommit is the commit of a build that was not told one: go run and
// go test do not tell, nor go build with -buildvcs=false.
const UnknownCommit = "unknown"

// ThisBuild is the running program's, from what the Go linker knows; the
// version is the one set at release.
func ThisBuild(version string) Tool {
	t := Tool{Version: version, Commit: UnknownCommit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		t.Commit = commitOf(info.Settings)
	}
	return t
}

func commitOf(settings []debug.BuildSetting) string {
	commit, changes := UnknownCommit, ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision" && s.Value != "":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changes = "+changes"
		}
	}
	return commit + changes
}
