package lint_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

// fence matches a block of YAML in a document.
var fence = regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```$")

// TestExamplesForModels proves that nothing is to be said of the definitions on the page
// for language models, which copy them.
func TestExamplesForModels(t *testing.T) {
	data, err := os.ReadFile("../../docs/for-models.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fence.FindAllSubmatch(data, -1)
	if len(blocks) < 4 {
		t.Fatalf("%d examples, want 4 or more", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			for _, f := range check(t, string(block[1])) {
				t.Errorf("%d:%d: %s: %s: %s", f.Line, f.Column, f.Severity, f.Place, f.Message)
			}
		})
	}
}
