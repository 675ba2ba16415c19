package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"fedge/result"
)

// version is set at release: go build -ldflags "-X main.version=1.2.3".
var version = "dev"

// tool says which build this is, from what the Go linker knows.
func tool() result.Tool {
	t := result.Tool{Version: version, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				t.Commit = s.Value
			}
		}
	}
	return t
}

func versionCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tool()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(t)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "edge %s %s %s\n", t.Version, t.Commit, t.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
