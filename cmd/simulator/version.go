package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"fedge/result"
)

// version is set at release: go build -ldflags "-X main.version=1.2.3".
var version = "dev"

// tool says which build this is.
func tool() result.Tool { return result.ThisBuild(version) }

func versionCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Example: `  simulator version
  simulator version --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tool()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(t)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "simulator %s (commit %s) %s\n", t.Version, t.Commit, t.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
