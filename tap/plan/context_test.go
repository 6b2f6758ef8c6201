package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/tap/plan"
)

const family = `version: 1
name: t
settings: {properties: {accounts: {type: array}}}
client: {base_url: http://api.test}
streams:
  - {name: shops, path: "/{{ partition.account }}/shops", partition_by: [{name: account, values: "{{ config.accounts }}"}]}
  - name: orders
    path: "/{{ partition.account }}/{{ partition.shop }}/{{ partition.kind.id }}"
    partition_by: [{parent: shops, keys: {shop: deep.id}, when: "{{ record.open }}"}, {name: kind, values: [{id: a}, {id: b}]}]
`

// TestContexts makes contexts of a stream's own values and of a parent's records.
func TestContexts(t *testing.T) {
	d, err := definition.Parse("t.yaml", []byte(family))
	if err != nil {
		t.Fatal(err)
	}
	vars := func(accounts string) expr.Vars {
		v := make(expr.Vars, sources.VarCount)
		v[sources.VarConfig] = expr.JSON(`{"accounts":` + accounts + `}`)
		return v
	}
	shops, orders := d.Stream("shops"), d.Stream("orders")
	all := texts(t, shops, plan.Context{}, vars(`["eu", 7]`))
	if want := []string{`{"account":"eu"}`, `{"account":7}`}; !slices.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
	for accounts, want := range map[string]string{
		`[]`: "the list is empty", `"eu"`: "expected a list", `["eu", null]`: "value 2 is",
	} {
		if _, err := plan.NewContexts(shops, plan.Context{}, vars(accounts)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 6") {
			t.Errorf("%s: got %v, want %s", accounts, err, want)
		}
	}
	children := plan.NewChildren(orders, orders.PartitionBy[0])
	account := plan.NewContext([]string{"account"}, []expr.Value{expr.String("eu")})
	ctx, ok, err := children.Of([]byte(`{"open":true,"deep":{"id":12345678901234567890}}`), account, vars(`[]`))
	if err != nil || !ok || string(ctx.Text) != `{"account":"eu","shop":12345678901234567890}` {
		t.Errorf("got %s, %v, %v", ctx.Text, ok, err)
	}
	if _, ok, err := children.Of([]byte(`{"open":false}`), account, vars(`[]`)); ok || err != nil {
		t.Errorf("a shop that is closed: %v, %v", ok, err)
	}
	if _, _, err := children.Of([]byte(`{"open":true,"deep":{"id":null}}`), account, vars(`[]`)); err == nil || !strings.Contains(err.Error(), "deep.id") {
		t.Errorf("a shop without an id: %v", err)
	}
	want := []string{`{"account":"eu","shop":12345678901234567890,"kind":{"id":"a"}}`, `{"account":"eu","shop":12345678901234567890,"kind":{"id":"b"}}`}
	if all := texts(t, orders, ctx, vars(`[]`)); !slices.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
}

func texts(t *testing.T, s *sources.Stream, inherited plan.Context, vars expr.Vars) (all []string) {
	t.Helper()
	c, err := plan.NewContexts(s, inherited, vars)
	if err != nil {
		t.Fatal(err)
	}
	for ctx, ok, err := c.Next(); ok; ctx, ok, err = c.Next() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(ctx.Text))
	}
	return all
}
