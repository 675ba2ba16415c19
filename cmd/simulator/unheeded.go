package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// given lists those of some flags that were typed, as they are typed.
func given(cmd *cobra.Command, names ...string) string {
	var typed []string
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			typed = append(typed, "--"+name)
		}
	}
	return strings.Join(typed, ", ")
}

// unheeded refuses those of some flags that were typed where nothing would come
// of them: who typed them would believe that it did. instead says why, and what
// to type.
func unheeded(cmd *cobra.Command, instead string, names ...string) error {
	typed := given(cmd, names...)
	if typed == "" {
		return nil
	}
	return fmt.Errorf("%s: %s", typed, instead)
}

// faultless refuses what breaks a lab where there is none.
func (l *labFlags) faultless(cmd *cobra.Command, more ...string) error {
	if l.on {
		return nil
	}
	return unheeded(cmd, "only a lab can be changed so: add --lab, or leave this out", append(more, "fault")...)
}
