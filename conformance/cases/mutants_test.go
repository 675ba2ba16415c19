package cases_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fedge/conformance/cases"
)

// TestMutantsExist: each defect that a case names is in the edge's code, and
// each defect there is named by a case, so that no change to either orphans one.
func TestMutantsExist(t *testing.T) {
	inCode := map[string]string{}
	on := regexp.MustCompile(`mutant\.On\("([^"]+)"`)
	for _, dir := range []string{"edge", "sip/gate", "sip/stack", "media", "process"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			text, err := os.ReadFile(file)
			for _, found := range on.FindAllStringSubmatch(string(text), -1) {
				inCode[found[1]] = file
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := map[string]bool{}
	for _, c := range cases.All() {
		for _, m := range c.Mutants {
			named[m.Name] = true
			if inCode[m.Name] == "" {
				t.Errorf("%s names the mutant %s, which no code has", c.ID, m.Name)
			}
		}
	}
	for name, file := range inCode {
		if !named[name] {
			t.Errorf("%s has the mutant %s, which no case names", file, name)
		}
	}
	t.Logf("%d mutants", len(inCode))
}
