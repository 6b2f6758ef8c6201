package rules_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestContextChecks proves what is said of partition_by: of a family of streams
// the problems or else the warnings, with their lines.
func TestContextChecks(t *testing.T) {
	const family = `version: 1
name: t
settings: {additionalProperties: true}
client: {base_url: "http://api.test"}
streams:
  - {name: accounts, path: /accounts}
  - {name: shops, path: "/{{ partition.account }}/shops", partition_by: [{parent: accounts, keys: {account: id}}]}
  - {name: changes, path: /changes, params: {from: "{{ window.start }}"}, replication_key: u, incremental: {}}
`
	const s = `  - {name: s, path: "/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}}`
	for _, tt := range []struct{ name, stream, want string }{
		{"a grandchild sees all", `  - {name: s, path: "/{{ partition.account }}/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}}]}`, ``},
		{"all of the context", `  - {name: s, path: /s, params: {p: "{{ partition | tojson }}"}, partition_by: [{name: a, values: [1]}]}`, ``},
		{"in a body, a header, add and keep", `  - {name: s, path: /s, method: POST, body: {json: {a: "{{ partition.a }}"}}, headers: {B: "{{ partition.b }}"}, add: {a: "{{ partition.a }}"}, keep: "{{ record.x == partition.b }}", partition_by: [{name: a, values: [1]}, {name: b, values: [2]}]}`, ``},
		{"who asks", `  - {name: s, path: /s, auth: {type: bearer, token: "{{ partition.a.token }}"}, partition_by: [{name: a, values: "{{ config.accounts }}"}]}`, ``},
		{"a batch", `  - {name: s, path: /s, params: {ids: "{{ partition.ids }}"}, partition_by: [{parent: shops, keys: {ids: id}, batch: 50}]}`, ``},
		{"one map", `  - {name: s, path: "/{{ partition.shop }}", partition_by: {parent: shops, keys: {shop: id}}}`, ``},
		{"one map, which does not give the value", `  - {name: s, path: "/{{ partition.x }}", partition_by: {parent: shops, keys: {shop: id}}}`,
			`9: streams[3] (s).partition_by: no entry gives partition.x, which the stream's templates use; its contexts have account, shop`},
		{"two parents of one name", s + `, {parent: accounts, keys: {shop: shop.id}}]}`, ``},

		{"no partition_by", `  - {name: s, path: "/{{ partition.a }}"}`, `9: streams[3] (s): a template of the stream uses partition: needs partition_by, which says what it is`},
		{"a value that no entry gives", `  - {name: s, path: "/{{ partition.shop }}/{{ partition.kind }}", partition_by: [{parent: shops, keys: {shop: id}}]}`,
			`9: streams[3] (s).partition_by: no entry gives partition.kind, which the stream's templates use; its contexts have account, shop`},
		{"a value that no entry gives, in a rule", s + `], errors: [{when: "{{ partition.kind == 1 }}", do: skip}]}`,
			`9: streams[3] (s).partition_by: no entry gives partition.kind, which the stream's templates use; its contexts have account, shop`},
		{"a value that one parent gives", `  - {name: s, path: "/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}}, {parent: accounts, keys: {x: id}}]}`,
			`9: streams[3] (s).partition_by: not every parent gives partition.shop, which the stream's templates use: give it in the keys of each, since several parents are read one after the other, not in combinations`},
		{"a value that one parent gives, and another that holds without", `  - {name: s, path: "/{{ partition.shop | default('all') }}/{{ partition.x | default('') }}", partition_by: [{parent: shops, keys: {shop: id}}, {parent: accounts, keys: {x: id}}]}`, ``},
		{"an axis without values", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a}]}`,
			`9: streams[3] (s).partition_by[0] (a): needs values: a list, or a template of one`},
		{"two axes of one name", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: [1]}, {name: a, values: [2]}]}`,
			`9: streams[3] (s).partition_by[1] (a): gives the value a, and another entry gives it: take another name`},
		{"a key of the name of an axis", s + `, {name: shop, values: [1]}]}`,
			`9: streams[3] (s).partition_by[1] (shop): gives the value shop, and another entry gives it: take another name`},
		{"a key that hides an inherited one", `  - {name: s, path: "/{{ partition.account }}", partition_by: [{parent: shops, keys: {account: id}}]}`,
			`9: streams[3] (s).partition_by[0]: gives the value account, and the contexts of shops have it: take another name`},
		{"an axis that hides an inherited value", s + `, {name: account, values: [1]}]}`,
			`9: streams[3] (s).partition_by[1] (account): gives the value account, and the contexts of shops have it: take another name`},
		{"an inherited value that hides an axis", `  - {name: s, path: "/{{ partition.shop }}/{{ partition.account }}", partition_by: [{name: account, values: [1]}, {parent: shops, keys: {shop: id}}]}`,
			`9: streams[3] (s).partition_by[1]: the contexts of shops have a value account, which another entry gives too: take another name`},
		{"no values", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: []}]}`,
			`9: streams[3] (s).partition_by[0] (a).values: is empty: there would be nothing to read`},
		{"values that are no list", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: eu}]}`,
			`9: streams[3] (s).partition_by[0] (a).values: wants a list, or a template of one, as "{{ config.accounts }}"`},
		{"values with null", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: [eu, null]}]}`,
			`9: streams[3] (s).partition_by[0] (a).values[1]: is null: it would ask for everything`},
		{"nothing uses the context", `  - {name: s, path: /s, add: {a: "{{ partition.a }}"}, partition_by: [{name: a, values: [1]}]}`,
			`9: streams[3] (s).partition_by: nothing in the stream's request uses partition, so each context would ask for the same: send {{ partition.a }}`},
		{"nothing uses one of two", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: [1]}, {name: b, values: [1]}]}`,
			`9: streams[3] (s).partition_by[1] (b): nothing in the stream's request uses it, so for each of its values the same is asked: send {{ partition.b }}`},
		{"when of an axis with values", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: [1], when: "{{ record.x }}"}]}`,
			`9: streams[3] (s).partition_by[0] (a).when: is about the records of a parent: needs parent and keys, not values`},
		{"a batch of values", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{name: a, values: [1], batch: 2}]}`,
			`9: streams[3] (s).partition_by[0] (a).batch: is about the records of a parent: needs parent and keys, not values`},
		{"a batch of none", `  - {name: s, path: "/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}, batch: 0}]}`,
			`9: streams[3] (s).partition_by[0].batch: wants at least 1, not 0`},
		{"when looks at a page", `  - {name: s, path: "/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}, when: "{{ page.number == 1 }}"}]}`,
			`9: streams[3] (s).partition_by[0].when: page cannot be used here, only config and partition and now and record`},
		{"changed parents", `  - {name: s, path: "/{{ partition.c }}", partition_by: [{parent: changes, keys: {c: id}, changed_only: true}]}`, ``},
		{"marks below a full table", `  - {name: s, path: "/{{ partition.shop }}", primary_key: [id], on_delete: mark, partition_by: [{parent: shops, keys: {shop: id}}]}`, ``},
		{"marks below a stream that is read by time", `  - {name: s, path: "/{{ partition.c }}", primary_key: [id], on_delete: mark, partition_by: [{parent: changes, keys: {c: id}}]}`,
			`9: streams[3] (s).partition_by[0].parent: is not possible beside on_delete: mark: stream changes has incremental, and a record of it that lies behind the end of what is asked for, as one that was just changed, is not gone, nor are those below it`},
		{"marks below one that is below it", `  - {name: full, path: "/{{ partition.c }}", partition_by: [{parent: changes, keys: {c: id}}]}
  - {name: s, path: "/{{ partition.c }}/{{ partition.f }}", primary_key: [id], on_delete: mark, partition_by: [{parent: full, keys: {f: id}}]}`,
			`10: streams[4] (s).partition_by[0].parent: is not possible beside on_delete: mark: stream changes has incremental, and a record of it that lies behind the end of what is asked for, as one that was just changed, is not gone, nor are those below it`},
		{"changed parents of whom nothing says so", `  - {name: s, path: "/{{ partition.shop }}", partition_by: [{parent: shops, keys: {shop: id}, changed_only: true}]}`,
			`9: streams[3] (s).partition_by[0].changed_only: needs a parent that is asked for what changed since a time: shops has no replication_key that is one`},
		{"changed parents that are asked for late", `  - {name: days, path: /days, params: {from: "{{ window.start }}", to: "{{ window.end }}"}, replication_key: u, incremental: {format: date}}
  - {name: s, path: "/{{ partition.c }}", partition_by: [{parent: days, keys: {c: id}, changed_only: true}]}`,
			`10: streams[4] (s).partition_by[0].changed_only: needs a parent that is asked for all that changed up to now: windows of days end before (whole_windows, or {{ window.end }} in a format without minutes), and what changes again until they are asked for would be missed, with what changed of it; leave window.end out of the requests of days, or changed_only out`},
		{"batches of an incremental stream", `  - {name: s, path: "/{{ partition.shop | join(',') }}", params: {from: "{{ window.start }}"}, replication_key: u, incremental: {}, partition_by: [{parent: shops, keys: {shop: id}, batch: 5}]}`,
			`9: streams[3] (s).partition_by[0].batch: a batch is one context: where a parent comes or goes, the batches after it hold others than before, and are read from their start`},
		{"batches of changed parents", `  - {name: s, path: "/{{ partition.c | join(',') }}", params: {from: "{{ window.start }}"}, replication_key: u, incremental: {}, partition_by: [{parent: changes, keys: {c: id}, batch: 5, changed_only: true}]}`,
			`9: streams[3] (s).partition_by[0].batch: is not possible beside changed_only in a stream with a replication_key: the parents that changed are other ones each time, so each batch would be new and read from its start`},
		{"too many entries", `  - {name: s, path: "/{{ partition.a }}", partition_by: [` + strings.TrimSuffix(strings.Repeat("{name: a, values: [1]},", 17), ",") + `]}`,
			`9: streams[3] (s).partition_by: has 17 entries; there may be 16`},
		{"a cycle", `  - {name: a, path: "/{{ partition.b }}", partition_by: [{parent: b, keys: {b: id}}]}
  - {name: b, path: "/{{ partition.a }}", partition_by: [{parent: a, keys: {a: id}}]}`,
			`10: streams[4] (b).partition_by[0].parent: stream a is its own parent, by way of b`},
		{"an unknown parent", `  - {name: s, path: "/{{ partition.a }}", partition_by: [{parent: shop, keys: {a: id}}]}`,
			`9: streams[3] (s).partition_by[0].parent: unknown stream "shop"; did you mean "shops"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := saidWithLines(t, family+tt.stream+"\n")
			want := []string{tt.want}
			if tt.want == "" {
				want = nil
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

// TestContextChecksAreBounded: streams that have each two parents, and those
// parents two, are checked in a moment.
func TestContextChecksAreBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\nname: t\nclient: {base_url: \"http://api.test\"}\nstreams:\n  - {name: s0, path: /}\n")
	for i := range 60 {
		n, k := strconv.Itoa(i), strconv.Itoa(i+1)
		text.WriteString("  - {name: s" + k + ", path: \"/{{ partition.k" + k + " }}\", partition_by: [{parent: s" + n + ", keys: {k" + k + ": a}}, {parent: s" + n + ", keys: {k" + k + ": b}}]}\n")
	}
	if _, err := definition.Parse("t.yaml", []byte(text.String())); err != nil {
		t.Error(err)
	}
}
