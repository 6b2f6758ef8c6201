package definition_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestDefinitionIsBounded: a definition of a megabyte that is nothing but the
// smallest values is refused before it takes memory; one that is long for its
// texts is not.
func TestDefinitionIsBounded(t *testing.T) {
	const head = "version: 1\nname: x\nclient: {base_url: \"http://a.b\"}\nstreams:\n"
	for _, unit := range []string{"- {}\n", "- [1,1]\n", "- \n", "- ? a\n", "- &a\n"} {
		text := []byte(head + strings.Repeat(unit, (1<<20-len(head))/len(unit)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := definition.Parse("x.yaml", text)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "a definition has at most") {
			t.Errorf("%q again and again: got %.200v", unit, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
			t.Errorf("%q again and again: it took %d bytes", unit, took)
		}
	}
	long := "description: |\n" + strings.Repeat("    "+strings.Repeat("a word ", 14)+"and another, as texts have.\n", 7_000) + head + "- {name: a, path: /}\n"
	if _, err := definition.Parse("x.yaml", []byte(long)); err != nil {
		t.Errorf("a definition of %d bytes of text: %.300v", len(long), err)
	}
}
