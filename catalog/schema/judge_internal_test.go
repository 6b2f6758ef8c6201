package schema

import (
	"strings"
	"testing"
)

// Compile refuses such references before gojsonschema sees them; if one ever
// slips through, still nothing is loaded.
func TestJudgeLoadsNothing(t *testing.T) {
	for _, ref := range []string{"http://127.0.0.1:1/x.json", "file:///etc/hostname", "http://json-schema.org/draft-07/schema#"} {
		_, err := compileJudge([]byte(`{"properties":{"a":{"$ref":"` + ref + `"}}}`))
		if err == nil || !strings.Contains(err.Error(), "leads outside the schema") {
			t.Errorf("%s: got %v, want an error", ref, err)
		}
	}
}
