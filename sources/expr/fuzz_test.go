package expr_test

import (
	"errors"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func FuzzCompile(f *testing.F) {
	for _, path := range []string{"testdata/jinja.json", "testdata/jinja-more.json"} {
		for _, c := range readGolden(f, path).Cases {
			f.Add(c.E)
		}
	}
	f.Add("{{ 'x' * 1000000000 }}{{ 9 ** 9 ** 9 }}{{ range(1000000000) }}")
	f.Add("{{ [[0] * 10000] * 10000 | map('map', 'string') | list }}")
	f.Add("{{ 'aaaa' | regex_replace('(a+)+$', '\\\\1') }}{{ now.replace(day=31).strftime('%c%j') }}")
	f.Add("{{ record | tojson | hash('sha256') | b64encode | b64decode | urlencode }}{# c -#} x")
	f.Add("{{ now - duration('P1Y2M') }}{{ '%5.1f' % 2 }}{{- record[::-1] -}}")
	f.Add("{{ 'a\xc8'[1] }}{{ 'a\xc8'[::-1] | upper | tojson }}")
	scope, vars := goldenScope(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range []*expr.Scope{scope, scope.Jinja()} {
			template, err := s.Compile(text)
			if err != nil {
				if syntax := (*expr.SyntaxError)(nil); !errors.As(err, &syntax) || err.Error() == "" {
					t.Fatalf("error is %T: %v", err, err)
				}
				continue
			}
			evaluate(t, template, vars)
		}
	})
}

// evaluate does with a template all that can be done.
func evaluate(t *testing.T, template *expr.Template, vars expr.Vars) {
	v, err := template.Eval(vars)
	if failed := (*expr.EvalError)(nil); err != nil && !errors.As(err, &failed) {
		t.Fatalf("error is %T: %v", err, err)
	}
	template.Text(vars)
	template.Path(vars)
	template.Eval(nil)
	v.AppendJSON(nil)
	v.Truth()
	v.Int64()
	v.Instant()
	if !expr.Equal(v, v) && v.Kind() != expr.KindFloat && v.Kind() != expr.KindList && v.Kind() != expr.KindDict {
		t.Fatalf("%s does not equal itself", v.Text())
	}
}

// FuzzJSON walks values that may not be JSON at all.
func FuzzJSON(f *testing.F) {
	for _, raw := range []string{
		`{"a":[1,2.50,{"b":null}],"c":"\u00e9\ud83d\ude00"}`, `[`, `{"a"`, `"\`, `{"a":}`, `[,]`, `[1 2]`, `{1:2}`, ` null `, `-`, `1e5`,
		`{"\u0061":1}`, `[[[[]]]]`, `[}`, `{]`,
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v := expr.JSON(raw)
		v.Text()
		v.AppendJSON(nil)
		v.Get("a")
		v.Index(-1)
		n := 0
		v.Each(func(_ string, item expr.Value) bool {
			item.Text()
			n++
			return true
		})
		if v.Kind() != expr.KindString && n != v.Len() {
			t.Fatalf("Each saw %d items, Len says %d", n, v.Len())
		}
		if !expr.Equal(v, v) {
			t.Fatal("it does not equal itself")
		}
	})
}
