package expr_test

import (
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/testshare"
)

var (
	testScope = expr.NewScope("config", "record", "window", "now")
	testVars  = expr.Vars{
		expr.JSONBytes([]byte(`{"token": "s3cr3t", "page": 5, "tags": ["a", "b"], "pi": 3.10, "deep": {"x": {"y": 1}}, "on": true}`)),
		expr.JSONBytes([]byte(`{"id": 12345678901234567890.10, "status": "open", "a": {"b": "c", "b2": null}, "when": "2024-03-05T01:02:03Z", "lines": [1, 2, 3], "esc": "a\u00e9\"b", "big": 9007199254740993}`)),
		expr.Dict([]string{"start", "end"}, []expr.Value{expr.String("2024-01-01"), expr.Time(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC))}),
		expr.Time(time.Date(2024, 3, 5, 1, 2, 3, 0, time.UTC)),
	}
)

func compile(t testing.TB, scope *expr.Scope, text string) *expr.Template {
	t.Helper()
	template, err := scope.Compile(text)
	if err != nil {
		t.Fatalf("compile %s: %v", text, err)
	}
	return template
}

func TestEvalDoesNotAllocate(t *testing.T) {
	if testshare.Race {
		t.Skip("the race detector makes sync.Pool allocate")
	}
	for _, text := range []string{
		"plain text",
		"{{ 'con' ~ 'stant' }}",
		"{{ config.token }}",
		"{{ config['deep']['x'].y }}",
		"{{ config.nothing.at.all }}",
		"{{ record.a.b }}",
		"{{ record.lines[-1] }}",
		"{{ record.esc }}",
		"{{ record.status != 'draft' }}",
		"{{ record.status in ['open', 'closed'] and not record.deleted }}",
		"{{ record.id > 10 and record.lines | length == 3 }}",
		"{{ record.when >= window.start }}",
		"{{ record.when < now }}",
		"{{ record.status if config.on else none }}",
		"{{ {'open': 1}[record.status] }}",
		"{{ config.page * 2 + 1 }}",
		"{{ config.missing | default('x') }}",
	} {
		t.Run(text, func(t *testing.T) {
			template := compile(t, testScope, text)
			allocs := testing.AllocsPerRun(200, func() {
				if _, err := template.Eval(testVars); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("got %v allocations, want 0", allocs)
			}
		})
	}
}

func TestJSONDoesNotAllocate(t *testing.T) {
	for _, raw := range []string{`{"a": 1}`, `[1, 2]`, `"text"`, `"a\nb"`, `12.50`, `true`, `null`} {
		bytes := []byte(raw)
		allocs := testing.AllocsPerRun(100, func() { expr.JSONBytes(bytes) })
		if allocs != 0 {
			t.Errorf("JSON(%s): got %v allocations, want 0", raw, allocs)
		}
	}
}

func BenchmarkKeep(b *testing.B) {
	template := compile(b, testScope, "{{ record.status != 'draft' and record.a.b == 'c' }}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Eval(testVars); err != nil {
			b.Fatal(err)
		}
	}
}
