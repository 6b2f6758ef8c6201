package plan_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// lastStream returns the last stream of a definition with parents.
func lastStream(t *testing.T, keys string) *sources.Stream {
	t.Helper()
	d, err := definition.Parse("t.yaml", []byte(`version: 1
name: t
settings: {additionalProperties: true}
client: {base_url: "http://api.test"}
streams:
  - {name: shops, path: /shops}
  - {name: tags, path: /tags}
  - {name: s, path: "/{{ partition | tojson }}", `+keys+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return d.Streams[2]
}

func varsOf(config string) expr.Vars {
	vars := make(expr.Vars, sources.VarCount)
	vars[sources.VarConfig] = expr.JSON(config)
	return vars
}

var account = plan.NewContext([]string{"account"}, []expr.Value{expr.String("eu")})

func textsOf(all []plan.Context) (texts []string) {
	for _, ctx := range all {
		texts = append(texts, string(ctx.Text))
	}
	return texts
}

func within(a *plan.Axes, inherited plan.Context) (all []plan.Context) {
	for c := a.Within(inherited); ; {
		ctx, ok := c.Next()
		if !ok {
			return all
		}
		all = append(all, ctx)
	}
}

// TestAxes: every combination comes, in the order of the definition, the last
// axis fastest, on top of what is inherited.
func TestAxes(t *testing.T) {
	for _, tt := range []struct {
		name, keys, config string
		inherited          plan.Context
		want               []string
	}{
		{"none", `partition_by: []`, `{}`, plan.Context{}, []string{""}},
		{"none, within one", `partition_by: [{parent: shops, keys: {x: id}}]`, `{}`, account, []string{`{"account":"eu"}`}},
		{"a list", `partition_by: [{name: a, values: [eu, 2, true, 1.50]}]`, `{}`, plan.Context{}, []string{`{"a":"eu"}`, `{"a":2}`, `{"a":true}`, `{"a":1.50}`}},
		{"a template of one", `partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": ["x", 9007199254740993]}`, plan.Context{}, []string{`{"a":"x"}`, `{"a":9007199254740993}`}},
		{"a list of templates", `partition_by: [{name: a, values: ["{{ config.a }}", y]}]`, `{"a": "x"}`, plan.Context{}, []string{`{"a":"x"}`, `{"a":"y"}`}},
		{"a template that makes one", `partition_by: [{name: a, values: "{{ config.a | map(attribute='id') | list }}"}]`, `{"a": [{"id": 1}, {"id": 2}]}`, plan.Context{}, []string{`{"a":1}`, `{"a":2}`}},
		{"objects", `partition_by: [{name: a, values: [{id: 1, z: 2, b: 3}]}]`, `{}`, plan.Context{}, []string{`{"a":{"b":3,"id":1,"z":2}}`}},
		{"one value twice", `partition_by: [{name: a, values: [x, y, x]}]`, `{}`, plan.Context{}, []string{`{"a":"x"}`, `{"a":"y"}`}},
		{"two axes", `partition_by: [{name: b, values: [1, 2]}, {name: a, values: [3, 4]}]`, `{}`, plan.Context{},
			[]string{`{"a":3,"b":1}`, `{"a":4,"b":1}`, `{"a":3,"b":2}`, `{"a":4,"b":2}`}},
		{"two axes within one", `partition_by: [{name: b, values: [1, 2]}, {name: c, values: [3]}]`, `{}`, account,
			[]string{`{"account":"eu","b":1,"c":3}`, `{"account":"eu","b":2,"c":3}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			axes, err := plan.NewAxes(lastStreamWithPartition(t, tt.keys), varsOf(tt.config))
			if err != nil {
				t.Fatal(err)
			}
			if got := textsOf(within(axes, tt.inherited)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// lastStreamWithPartition is lastStream, of one without partition_by too.
func lastStreamWithPartition(t *testing.T, keys string) *sources.Stream {
	t.Helper()
	if keys == `partition_by: []` {
		return &sources.Stream{Name: "s", Client: &sources.Client{}}
	}
	return lastStream(t, keys)
}

// TestAxesAreLazy: a thousand million combinations cost nothing before they come.
func TestAxesAreLazy(t *testing.T) {
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	list := strings.Join(values, ",")
	axes, err := plan.NewAxes(lastStream(t, "partition_by: [{name: a, values: ["+list+"]}, {name: b, values: ["+list+"]}, {name: c, values: ["+list+"]}]"), varsOf("{}"))
	if err != nil {
		t.Fatal(err)
	}
	c := axes.Within(plan.Context{})
	for range 1001 {
		c.Next()
	}
	if ctx, ok := c.Next(); !ok || string(ctx.Text) != `{"a":0,"b":1,"c":1}` {
		t.Errorf("the 1002nd is %s", ctx.Text)
	}
}

// TestAxesProblems: values that cannot be contexts are refused, with the line of
// the definition.
func TestAxesProblems(t *testing.T) {
	for _, tt := range []struct{ name, keys, config, want string }{
		{"an empty list", `partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": []}`, `the list is empty, so there is nothing to read: give it a value, or deselect the stream`},
		{"undefined", `partition_by: [{name: a, values: "{{ config.a }}"}]`, `{}`, `the template gives nothing: set what it names in the config, or write default in the settings`},
		{"text", `partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": "eu"}`, `expected a list, got a string: write a list, or a template of one`},
		{"null in it", `partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": ["eu", null]}`, `value 2 is null: it would ask for everything`},
		{"a template that fails", `partition_by: [{name: a, values: "{{ config.a | int + [] }}"}]`, `{"a": 1}`, ``},
		{"an object without what is asked for", `params: {id: "{{ partition.a.id }}"}, partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": [{"id": 1}, {"idd": 2}]}`,
			`value 2 has no a.id, which the stream's templates use and which would ask for everything: {"idd": 2}`},
		{"text where an object is asked for", `params: {id: "{{ partition.a.id.x }}"}, partition_by: [{name: a, values: [eu]}]`, `{}`,
			`value 1 has no a.id.x, which the stream's templates use and which would ask for everything: "eu"`},
		{"an empty text", `params: {id: "{{ partition.a }}"}, partition_by: [{name: a, values: "{{ config.a }}"}]`, `{"a": ["eu", ""]}`,
			`value 2 has an empty text as a, which the stream's requests use and which would ask for everything (where that is right, the template can say so: default('')): ""`},
		{"an empty text in an object", `params: {id: "{{ partition.a.id }}"}, partition_by: [{name: a, values: [{id: ""}]}]`, `{}`,
			`value 1 has an empty text as a.id, which the stream's requests use and which would ask for everything (where that is right, the template can say so: default('')): {"id":""}`},
		{"an empty text that is not asked for", `params: {id: "{{ partition.a.id }}"}, add: {name: "{{ partition.a.name }}"}, partition_by: [{name: a, values: [{id: 1, name: ""}]}]`, `{}`, `none`},
		{"an empty text that may be asked for", `params: {id: "{{ partition.a | default('') }}"}, partition_by: [{name: a, values: [""]}]`, `{}`, `none`},
		{"an object without what is used where there is any", `params: {id: "{{ partition.a.id | default(7) }}"}, partition_by: [{name: a, values: [{x: 1}]}]`, `{}`, `none`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := plan.NewAxes(lastStream(t, tt.keys), varsOf(tt.config))
			got := "none"
			if err != nil {
				got = err.Error()
			}
			want := "stream s: line 8: partition_by: values of a: " + tt.want
			if tt.want == "none" {
				want = tt.want
			}
			if !strings.HasPrefix(got, want) || tt.want != "" && got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestChildren: a record of a parent leads to a context, to none, or to an error
// that shows the record.
func TestChildren(t *testing.T) {
	const parent = `parent: shops, keys: {shop: id, owner: owner.name}`
	for _, tt := range []struct{ name, keys, record, want string }{
		{"keys", `partition_by: [{` + parent + `}]`, `{"id": 9007199254740993, "owner": {"name": "a\u00e9"}}`, `{"account":"eu","owner":"aé","shop":9007199254740993}`},
		{"an object", `params: {o: "{{ partition.owner.name }}"}, partition_by: [{parent: shops, keys: {owner: owner}}]`, `{"owner": {"z": 1, "name": "x"}}`, `{"account":"eu","owner":{"name":"x","z":1}}`},
		{"an object without what is asked for", `params: {o: "{{ partition.owner.name }}"}, partition_by: [{parent: shops, keys: {owner: owner}}]`, `{"owner": {"z": 1}}`,
			`line 8: partition_by: parent shops: the record gives no owner.name, which the stream's templates use and which would ask for everything: {"owner": {"z": 1}}`},
		{"a key that is missing", `partition_by: [{` + parent + `}]`, `{"id": 1, "owner": {}}`,
			`line 8: partition_by: parent shops: the record has no owner.name (keys.owner), which would ask for everything (where that is right, when leaves such records out): {"id": 1, "owner": {}}`},
		{"a key that is null", `partition_by: [{` + parent + `}]`, `{"id": null, "owner": {"name": "x"}}`,
			`line 8: partition_by: parent shops: the record has no id (keys.shop), which would ask for everything (where that is right, when leaves such records out): {"id": null, "owner": {"name": "x"}}`},
		{"a key that is an empty text", `params: {s: "{{ partition.shop }}"}, partition_by: [{` + parent + `}]`, `{"id": "", "owner": {"name": "x"}}`,
			`line 8: partition_by: parent shops: the record gives an empty text as shop, which the stream's requests use and which would ask for everything (where that is right, the template can say so: default('')): {"id": "", "owner": {"name": "x"}}`},
		{"an empty text in a batch", `params: {s: "{{ partition.shop | join(',') }}"}, partition_by: [{parent: shops, batch: 3, keys: {shop: id}}]`, `{"id": ""}`,
			`line 8: partition_by: parent shops: the record gives an empty text as shop, which the stream's requests use and which would ask for everything (where that is right, the template can say so: default('')): {"id": ""}`},
		{"an empty text that is only added", `add: {o: "{{ partition.owner }}"}, partition_by: [{` + parent + `}]`, `{"id": 1, "owner": {"name": ""}}`, `{"account":"eu","owner":"","shop":1}`},
		{"a long record", `partition_by: [{` + parent + `}]`, `{"x": "` + strings.Repeat("é", 100) + `"}`,
			`line 8: partition_by: parent shops: the record has no id (keys.shop), which would ask for everything (where that is right, when leaves such records out): {"x": "` + strings.Repeat("é", 56) + `…`},
		{"when is true", `partition_by: [{parent: shops, keys: {shop: id}, when: "{{ record.open and partition.account == 'eu' }}"}]`, `{"id": 1, "open": true}`, `{"account":"eu","shop":1}`},
		{"when is not true", `partition_by: [{parent: shops, keys: {shop: id}, when: "{{ record.open and partition.account == 'eu' }}"}]`, `{"open": false}`, ``},
		{"when is undefined", `partition_by: [{parent: shops, keys: {shop: id}, when: "{{ record.open }}"}]`, `{"id": 1}`, ``},
		{"when fails", `partition_by: [{parent: shops, keys: {shop: id}, when: "{{ record.id + [] }}"}]`, `{"id": 1}`, `line 8: partition_by: parent shops: when: `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := lastStream(t, tt.keys)
			record := []byte(tt.record)
			ctx, ok, err := plan.NewChildren(s, s.PartitionBy[0]).Of(record, account, varsOf("{}"))
			clear(record) // which is not ours to keep
			got := string(ctx.Text)
			if err != nil {
				got = err.Error()
			}
			if got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if ok != (err == nil && tt.want != "") {
				t.Errorf("ok is %v", ok)
			}
			if ok && string(ctx.Value.AppendSortedJSON(nil)) != tt.want {
				t.Errorf("the value is %s", ctx.Value.AppendJSON(nil))
			}
		})
	}
}

// TestBatches: records of a page are joined so many at a time, each once.
func TestBatches(t *testing.T) {
	for _, tt := range []struct {
		name, batch string
		records     []string
		want        []string
	}{
		{"none", ``, []string{"1", "2", "1"}, []string{`{"account":"eu","ids":1}`, `{"account":"eu","ids":2}`}},
		{"of one", `, batch: 1`, []string{"1", "2"}, []string{`{"account":"eu","ids":1}`, `{"account":"eu","ids":2}`}},
		{"of two", `, batch: 2`, []string{"1", "2", "2", "3", "4", "5", "1"}, []string{`{"account":"eu","ids":[1,2]}`, `{"account":"eu","ids":[3,4]}`, `{"account":"eu","ids":[5]}`}},
		{"larger than a page", `, batch: 9`, []string{`"a"`, "2"}, []string{`{"account":"eu","ids":["a",2]}`}},
		{"of nothing", `, batch: 9`, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := lastStream(t, `partition_by: [{parent: shops, keys: {ids: id}`+tt.batch+`}]`)
			c := plan.NewChildren(s, s.PartitionBy[0])
			var found []plan.Context
			for _, id := range tt.records {
				ctx, ok, err := c.Of([]byte(`{"id": `+id+`}`), account, varsOf("{}"))
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				found = append(found, ctx)
			}
			if got := textsOf(c.Batches(found, account)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestContextIsCanonical: a context is the same whatever the order in which its
// names and the keys of its values are written.
func TestContextIsCanonical(t *testing.T) {
	one := plan.NewContext([]string{"a", "b"}, []expr.Value{expr.JSON(`{"x": [1, {"k": 2, "j": "\u00e9"}], "w": null}`), expr.Int(3)})
	other := plan.NewContext([]string{"b", "a"}, []expr.Value{expr.Int(3), expr.JSON(`{"w":null,"x":[1,{"j":"é","k":2}]}`)})
	if string(one.Text) != `{"a":{"w":null,"x":[1,{"j":"é","k":2}]},"b":3}` || string(one.Text) != string(other.Text) || one.Hash != other.Hash || one.Hash == 0 {
		t.Errorf("%s is %d, %s is %d", one.Text, one.Hash, other.Text, other.Hash)
	}
	if different := plan.NewContext([]string{"a", "b"}, []expr.Value{expr.String("3"), expr.Int(3)}); different.Hash == one.Hash {
		t.Error("two contexts have one hash")
	}
}

// sealing seals texts with a secret in them, by a word for it.
type sealing struct{ secret string }

func (s sealing) InBody(text []byte) bool { return strings.Contains(string(text), s.secret) }

func (s sealing) SealValue(v expr.Value) (json.RawMessage, error) {
	return json.Marshal(strings.ReplaceAll(v.Text(), s.secret, "<token>"))
}

func (s sealing) OpenValue(v expr.Value) (expr.Value, error) {
	return expr.String(strings.ReplaceAll(v.Text(), "<token>", s.secret)), nil
}

// TestContextInState: a context comes back from a state as it was, and no secret
// is in there.
func TestContextInState(t *testing.T) {
	for _, text := range []string{`{"a":1,"b":{"c":["x"],"d":1.50}}`, `{"account":{"id":"eu","token":"hunter2"}}`, `{}`} {
		names, values := []string{}, []expr.Value{}
		expr.JSON(text).Each(func(name string, v expr.Value) bool {
			names, values = append(names, name), append(values, v)
			return true
		})
		ctx := plan.NewContext(names, values)
		raw := ctx.Sealed(sealing{"hunter2"})
		if strings.Contains(string(raw), "hunter2") || !json.Valid(raw) {
			t.Errorf("the state has %s", raw)
		}
		back, err := plan.OpenContext(raw, sealing{"hunter2"})
		if err != nil || string(back.Text) != text || back.Hash != ctx.Hash {
			t.Errorf("%s came back as %s, %v", text, back.Text, err)
		}
	}
	for _, raw := range []string{`null`, `[1]`, `"x"`, `{`, `7`} {
		if ctx, err := plan.OpenContext(json.RawMessage(raw), sealing{"hunter2"}); err == nil {
			t.Errorf("%s is the context %s", raw, ctx.Text)
		}
	}
}

// TestPartitionOfContext: the key tells contexts apart, and templates see their
// values.
func TestPartitionOfContext(t *testing.T) {
	s, err := plan.NewStream(lastStream(t, `partition_by: [{name: a, values: [1, 2]}]`), nil, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &plan.Decision{}
	d.Pass.AsOf = now
	keys := map[string]bool{}
	for _, ctx := range []plan.Context{{}, account, plan.NewContext([]string{"account"}, []expr.Value{expr.String("us")})} {
		p, err := d.Part(s, ctx, nil, state.Window{}, expr.JSON(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		keys[p.Key] = true
		if got := p.Vars[sources.VarPartition]; string(got.AppendSortedJSON(nil)) != cmp.Or(string(ctx.Text), "null") {
			t.Errorf("templates see %s, want %s", got.AppendJSON(nil), ctx.Text)
		}
	}
	if len(keys) != 3 {
		t.Errorf("%d keys", len(keys))
	}
}
