package result

import (
	"runtime"
	"runtime/debug"
)

// Tool names the build that made a result.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// ThisBuild is the running program's, from what the Go linker knows; the
// version is the one set at release.
func ThisBuild(version string) Tool {
	t := Tool{Version: version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			t.Commit = s.Value
		}
	}
	return t
}
