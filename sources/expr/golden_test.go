package expr_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// golden is a file of templates and the texts that Jinja renders for them. A text that begins
// with !! stands for an error.
type golden struct {
	Ctx   map[string]json.RawMessage
	Cases []struct{ E, Raw string }
}

func readGolden(t testing.TB, path string) golden {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	return g
}

// goldenScope returns the names of testdata/jinja.json and their values.
func goldenScope(t testing.TB) (*expr.Scope, expr.Vars) {
	t.Helper()
	ctx := readGolden(t, "testdata/jinja.json").Ctx
	ctx["stream_interval"] = ctx["stream_slice"] // Airbyte's other names for it
	ctx["stream_partition"] = ctx["stream_slice"]
	scope := expr.NewScope("undefinedname")
	vars := expr.Vars{expr.Undefined()}
	for name, raw := range ctx {
		scope = scope.Extend(name)
		vars = append(vars, expr.JSONBytes(raw))
	}
	return scope, vars
}

func TestJinja(t *testing.T) {
	scope, vars := goldenScope(t)
	for _, path := range []string{"testdata/jinja.json", "testdata/jinja-more.json", "testdata/jinja-cross.json"} {
		for _, c := range readGolden(t, path).Cases {
			t.Run(c.E, func(t *testing.T) {
				template, err := scope.Jinja().Compile(c.E)
				if strings.Contains(c.E, "{%") {
					if err == nil || !strings.Contains(err.Error(), "statements ({% %}) are not supported") {
						t.Fatalf("got error %v, want one about statements", err)
					}
					return
				}
				got := ""
				if err == nil {
					got, err = template.Text(vars)
				}
				if wantError := strings.HasPrefix(c.Raw, "!!"); wantError != (err != nil) {
					t.Fatalf("got %q, error %v, want %q", got, err, c.Raw)
				}
				if err == nil && !sameText(c.E, got, c.Raw) {
					t.Errorf("got %q, want %q", got, c.Raw)
				}
			})
		}
	}
}

// sameText compares texts; of a template that reads the clock, only the shape.
func sameText(template, got, want string) bool {
	for _, clock := range []string{"now_utc", "today_utc", "day_delta"} {
		if strings.Contains(template, clock) {
			return shape(got) == shape(want)
		}
	}
	return got == want
}

func shape(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '0'
		}
		return c
	}, text)
}
