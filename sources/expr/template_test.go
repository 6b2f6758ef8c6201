package expr_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestScope(t *testing.T) {
	base := expr.NewScope("config", "now")
	wide := base.Extend("record", "config")
	for name, want := range map[string]int{"config": 0, "now": 1, "record": 2, "parent": -1} {
		if got := wide.Slot(name); got != want {
			t.Errorf("slot of %s: got %d, want %d", name, got, want)
		}
	}
	if base.Slot("record") != -1 {
		t.Error("Extend changed the scope it extends")
	}
	v, err := compile(t, wide, "{{ record }}").Eval(expr.Vars{expr.Int(1)})
	if err != nil || v.Kind() != expr.KindUndefined {
		t.Errorf("beyond the end of vars: got %s, error %v, want undefined", v.Kind(), err)
	}
}

func TestConst(t *testing.T) {
	for _, c := range []struct {
		template string
		want     string
		constant bool
	}{
		{"text", "text", true},
		{"", "", true},
		{"{{ 1 + 2 }}", "3", true},
		{"a{{ ['b'] | first }}", "ab", true},
		{"{{ 'x' * 1000000 * 1000000 if false else 1 }}", "1", true},
		{"{{ now }}", "", false},
		{"{{ now_utc() }}", "", false},
		{"{{ config.a }}", "", false},
	} {
		v, constant := compile(t, testScope, c.template).Const()
		if constant != c.constant || v.Text() != c.want {
			t.Errorf("%s: got %q, %v, want %q, %v", c.template, v.Text(), constant, c.want, c.constant)
		}
	}
}

func TestUses(t *testing.T) {
	template := compile(t, testScope, "{{ config.record }} {{ [now] | map('string') }}")
	for name, want := range map[string]bool{"config": true, "now": true, "record": false} {
		if got := template.Uses(name); got != want {
			t.Errorf("uses %s: got %v, want %v", name, got, want)
		}
	}
	if got := template.Source(); got != "{{ config.record }} {{ [now] | map('string') }}" {
		t.Errorf("source: got %q", got)
	}
}

func TestReads(t *testing.T) {
	for _, c := range []struct {
		template string
		want     [][]string
	}{
		{"{{ config.a.b }} {{ config['a'].c | length }}", [][]string{{"a", "b"}, {"a", "c"}}},
		{"{{ config }}", [][]string{nil}},
		{"{{ config.a[0].b }}", [][]string{{"a"}}},
		{"{{ config.a.0 }}", [][]string{{"a"}}},
		{"{{ config.a[config.k.l] }}", [][]string{{"a"}, {"k", "l"}}},
		{"{{ config.a.get('x') }}", [][]string{{"a"}}},
		{"{{ (config.a or config).b }}", [][]string{{"a"}, nil}},
		{"{{ (config.a).b }}", [][]string{{"a", "b"}}},
		{"{{ [config] | map('string') }}", [][]string{nil}},
		{"{{ now }} {{ 'config' }}", nil},
	} {
		if got := compile(t, testScope, c.template).Reads("config"); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", c.template, got, c.want)
		}
	}
}

func TestIsTemplate(t *testing.T) {
	for text, want := range map[string]bool{"{{ a }}": true, "{% a %}": true, "{# a #}": true, "{ { a": false, "": false} {
		if got := expr.IsTemplate(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestPath(t *testing.T) {
	scope := expr.NewScope("v")
	for _, c := range []struct {
		template string
		v        expr.Value
		want     string
	}{
		{"/shops/{{ v }}/orders", expr.String("a/b c?d"), "/shops/a%2Fb%20c%3Fd/orders"},
		{"/shops/{{ v | safe }}", expr.String("a/b"), "/shops/a/b"},
		{"{{ v }}", expr.JSON("17.50"), "17.50"},
		{"/literal/ü?x", expr.Undefined(), "/literal/ü?x"},
		{"/{{ v | default('none') }}", expr.Undefined(), "/none"},
	} {
		got, err := compile(t, scope, c.template).Path(expr.Vars{c.v})
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, error %v, want %q", c.template, got, err, c.want)
		}
	}
}

func TestPathWithAHole(t *testing.T) {
	scope := expr.NewScope("v")
	for _, v := range []expr.Value{expr.Undefined(), expr.Null(), expr.String(".."), expr.String("."), expr.String("")} {
		if got, err := compile(t, scope, "/shops/{{ v }}").Path(expr.Vars{v}); err == nil {
			t.Errorf("%s: got %q, want an error", v.Kind(), got)
		}
	}
	for _, c := range []struct{ template, want string }{ // what an empty text makes of them; "": an error
		{"/shops/{{ v }}/orders", ""},
		{"{{ v }}", ""},
		{"{{ v }}/orders", ""},
		{"/shops/{{ v }}?x=1", ""},
		{"/shops/{{ v | safe }}", "/shops/"},
		{"/shops{{ v }}", "/shops"},
		{"/shops/{{ v }}.json", "/shops/.json"},
		{"/shops/no{{ v }}/orders", "/shops/no/orders"},
	} {
		got, err := compile(t, scope, c.template).Path(expr.Vars{expr.String("")})
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: got %q, error %v, want %q", c.template, got, err, c.want)
		}
	}
}

func TestSafeIsLostInText(t *testing.T) {
	v, err := compile(t, testScope, "{{ config.token | safe }}").Eval(testVars)
	if err != nil || !v.Safe() {
		t.Errorf("got safe %v, error %v, want true", v.Safe(), err)
	}
	v, err = compile(t, testScope, "{{ config.token | safe | upper }}").Eval(testVars)
	if err != nil || v.Safe() {
		t.Errorf("after another filter: got safe %v, error %v, want false", v.Safe(), err)
	}
}

func TestTemplatesAreShared(t *testing.T) {
	template := compile(t, testScope, "{{ config.tags | map('upper') | join(record.a.b) }}")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if got, err := template.Text(testVars); err != nil || got != "AcB" {
					t.Errorf("got %q, error %v", got, err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestDocListsTheLanguage holds the package's documentation to what the language knows.
func TestDocListsTheLanguage(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(string(doc), func(c rune) bool {
		return !(c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}) {
		words[word] = true
	}
	for _, name := range expr.BuiltinNames() {
		if !words[name] {
			t.Errorf("doc.go does not mention %s", name)
		}
	}
}
