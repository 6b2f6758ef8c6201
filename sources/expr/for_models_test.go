package expr

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestNamesForModels proves that the page for language models has every function, filter
// and test.
func TestNamesForModels(t *testing.T) {
	data, err := os.ReadFile("../../docs/for-models.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		list  string
		names []string
	}{
		{"Functions", slices.Sorted(maps.Keys(functions))},
		{"Filters", slices.Sorted(maps.Keys(filters))},
		{"Tests", slices.Sorted(maps.Keys(tests))},
	} {
		_, line, _ := strings.Cut(string(data), "\n- "+tt.list+": ")
		line, _, _ = strings.Cut(line, "\n")
		for _, name := range tt.names {
			if !strings.Contains(line, "`"+name+"`") && !strings.Contains(line, "`"+name+"(") {
				t.Errorf("%s lack %s", tt.list, name)
			}
		}
	}
}
