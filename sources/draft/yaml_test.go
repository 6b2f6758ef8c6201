package draft_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
)

func TestAppendYAML(t *testing.T) {
	tests := []struct {
		name  string
		build func(d *draft.Definition)
		want  string
	}{
		{"nothing", func(*draft.Definition) {}, "{}\n"},
		{"scalars", func(d *draft.Definition) {
			d.Root.Set("version", 1, "").Set("name", "shop", "").Set("yes", "no", "").Set("n", json.Number("1.50"), "").Set("bad", json.Number("012"), "").Set("t", true, "").Set("z", nil, "")
		}, "version: 1\nname: shop\n\"yes\": \"no\"\n\"n\": 1.50\nbad: \"012\"\nt: true\nz: null\n"},
		{"templates and paths", func(d *draft.Definition) {
			d.Root.Set("token", "{{ config.token }}", "").Set("next", `\@odata\.nextLink`, "").Set("page", "%Y", "").Set("date", "2024-01-02", "")
		}, "token: \"{{ config.token }}\"\nnext: '\\@odata\\.nextLink'\npage: \"%Y\"\ndate: \"2024-01-02\"\n"},
		{"a note beside a line, and a long one above it", func(d *draft.Definition) {
			d.Root.Set("records", "data", "50 objects").Set("next", "meta.next", strings.Repeat("word ", 30))
		}, "records: data  # 50 objects\n# " + strings.TrimSpace(strings.Repeat("word ", 19)) + "\n# " + strings.TrimSpace(strings.Repeat("word ", 11)) + "\nnext: meta.next\n"},
		{"a short mapping in one line, one with notes in several", func(d *draft.Definition) {
			d.Root.At("auth").Set("type", "bearer", "").Set("token", "{{ config.token }}", "")
			d.Root.At("pagination").Set("type", "cursor", "").Set("next", "meta.next", "page 2 had other records")
		}, "auth: {type: bearer, token: \"{{ config.token }}\"}\npagination:\n  type: cursor\n  next: meta.next  # page 2 had other records\n"},
		{"what is asked is a comment", func(d *draft.Definition) {
			d.Root.Set("name", "x", "")
			d.Root.Ask("replication_key", "updated_at", "Does it move?")
			window := new(draft.Map).Set("start", "2024-01-01T00:00:00Z", "").Set("window", "1d", "a day")
			d.Root.Ask("incremental", window, "Is there more?")
			d.Root.At("pagination").Ask("type", "cursor", "Which?")
		}, "name: x\n# Does it move?\n# replication_key: updated_at\n# Is there more?\n# incremental:\n#   start: \"2024-01-01T00:00:00Z\"\n#   window: 1d  # a day\n# pagination:\n#   # Which?\n#   # type: cursor\n"},
		{"streams", func(d *draft.Definition) {
			orders := new(draft.Map).Set("name", "orders", "").Set("primary_key", []any{"id"}, "differs in all").Ask("replication_key", "at", "Is it?")
			shops := new(draft.Map).Set("name", "shops", "").Set("path", "/shops", "")
			d.Root.Set("streams", []any{orders, shops, new(draft.Map).Ask("name", "x", "q")}, "")
			d.Left = append(d.Left, "webhooks: none are read")
		}, "streams:\n  - name: orders\n    primary_key: [id]  # differs in all\n    # Is it?\n    # replication_key: at\n  - {name: shops, path: /shops}\n  - {}\n    # q\n    # name: x\n# What the source says, and this definition does not:\n# - webhooks: none are read\n"},
		{"lists with notes within lists", func(d *draft.Definition) {
			d.Root.Set("a", []any{[]any{new(draft.Map).Set("b", 1, "n")}, "c", []any{}}, "")
		}, "a:\n  - - b: 1  # n\n  - c\n  - []\n"},
		{"a key twice", func(d *draft.Definition) {
			d.Root.Entries = []draft.Entry{{Key: "a", Value: 1}, {Key: "a", Value: 2, Note: "again"}}
		}, "a: 1\n# again\n# a: 2\n"},
		{"what is no printable character in a note", func(d *draft.Definition) {
			d.Root.Set("a", "b\x1b\u2028", "esc \x1b\u2028x\ny")
		}, "# esc \\x1b x\n# y\na: \"b\\e\\L\"\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d draft.Definition
			test.build(&d)
			if got, want := string(d.AppendYAML(nil)), draft.Modeline+"\n"+test.want; got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestSetReplacesAndAtMakes(t *testing.T) {
	var m draft.Map
	m.Ask("a", 1, "or 2?").Set("a", 2, "").Set("b", 3, "").Set("a", 4, "measured")
	if got := m.Get("a"); got != 4 || len(m.Entries) != 3 {
		t.Errorf("a is %v in %d entries, want 4 in 3", got, len(m.Entries))
	}
	m.At("b").Set("c", 1, "")
	if m.At("b").Get("c") != 1 {
		t.Errorf("b is %v, want a mapping that holds c", m.Get("b"))
	}
	if m.Get("nothing") != nil {
		t.Errorf("nothing is %v, want nil", m.Get("nothing"))
	}
}

func TestWhatIsWrittenIsADefinition(t *testing.T) {
	var d draft.Definition
	d.Head = []string{"Made from a curl line.", ""}
	d.Root.Set("version", 1, "").Set("name", "shop: é \"x\"", "")
	d.Root.At("client").Set("base_url", "https://api.example.com", "")
	stream := new(draft.Map).Set("name", "orders", "").Set("path", "/orders", "").Set("params", new(draft.Map).Set("a:b", "#x", "").Set("on", "012", "n"), "")
	d.Root.Set("streams", []any{stream}, "found")
	if _, err := definition.Parse("d.yaml", d.AppendYAML(nil)); err != nil {
		t.Errorf("%v in:\n%s", err, d.AppendYAML(nil))
	}
}

// FuzzAppendYAML builds a definition of the texts that it is given, and reads
// what is written of it: values, and no note, come back.
func FuzzAppendYAML(f *testing.F) {
	f.Add("a\x00b: c\x00# d\x00\u0085\x00{{ x }}\x00012\x00y\x00- e\x00'\x00\\", uint64(0x123456789abcdef))
	f.Add("<<\x00null\x00~\x00\x00 \x00!!str\x00&a\x00*a\x00---\x00...", uint64(0xfedcba987654321))
	f.Add(strings.Repeat("k", 1100)+"\x00b", uint64(0))
	f.Fuzz(func(t *testing.T, texts string, shape uint64) {
		b := &builder{words: strings.Split(strings.ToValidUTF8(texts, "?"), "\x00"), shape: shape}
		var d draft.Definition
		d.Head, d.Left = b.words[:1], b.words[:1]
		d.Root = *b.mapping(0)
		text := d.AppendYAML(nil)
		if len(text) > document.MaxFile {
			return
		}
		doc := document.New("d.yaml", text)
		root := doc.Root(text)
		if len(doc.Problems) > 0 {
			t.Fatalf("%v in:\n%s", doc.Problems, text)
		}
		if got, want := shown(root), fmt.Sprint("{", strings.Join(b.expect(&d.Root), " "), "}"); got != want {
			t.Errorf("reads back as\n%s\nwant\n%s\nin:\n%s", got, want, text)
		}
	})
}

// builder makes mappings of words, as the bits of shape say.
type builder struct {
	words []string
	shape uint64
	at    int
}

func (b *builder) word() string {
	b.at++
	return b.words[b.at%len(b.words)]
}

func (b *builder) bits(n uint64) uint64 {
	v := b.shape % n
	b.shape = b.shape/n ^ b.shape<<57
	return v
}

func (b *builder) mapping(depth int) *draft.Map {
	m := new(draft.Map)
	for range b.bits(4) {
		note := ""
		if b.bits(2) == 0 {
			note = b.word()
		}
		if b.bits(4) == 0 {
			m.Ask(b.word(), b.value(depth+1), note)
		} else {
			m.Set(b.word(), b.value(depth+1), note)
		}
	}
	return m
}

func (b *builder) value(depth int) any {
	switch kind := b.bits(8); {
	case kind < 2 && depth < 5:
		return b.mapping(depth)
	case kind == 2 && depth < 5:
		var list []any
		for range b.bits(4) {
			list = append(list, b.value(depth+1))
		}
		return list
	case kind == 3:
		return int(b.bits(1000))
	case kind == 4:
		return b.bits(2) == 0
	case kind == 5:
		return json.Number(b.word())
	}
	return b.word()
}

// expect returns the fields that are proven, as shown writes them.
func (b *builder) expect(m *draft.Map) (fields []string) {
	for _, e := range m.Entries {
		inner, isMap := e.Value.(*draft.Map)
		if e.Open || isMap && len(inner.Entries) > 0 && len(b.expect(inner)) == 0 {
			continue
		}
		fields = append(fields, strconv.Quote(e.Key)+":"+b.expectValue(e.Value))
	}
	return fields
}

func (b *builder) expectValue(value any) string {
	switch v := value.(type) {
	case *draft.Map:
		return "{" + strings.Join(b.expect(v), " ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = b.expectValue(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return strconv.Quote(v)
	case json.Number:
		if json.Valid([]byte(v)) && strings.Trim(string(v), "-0123456789.eE+") == "" {
			return string(v)
		}
		return strconv.Quote(string(v))
	}
	return fmt.Sprint(value)
}

// shown writes a node as expect does.
func shown(n *document.Node) string {
	if n == nil {
		return "{}"
	}
	switch n.Shape {
	case document.Map:
		parts := make([]string, len(n.Fields))
		for i, field := range n.Fields {
			parts[i] = strconv.Quote(field.Name) + ":" + shown(field.Value)
		}
		return "{" + strings.Join(parts, " ") + "}"
	case document.List:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = shown(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case document.Text:
		return strconv.Quote(n.Text)
	case document.Null:
		return "null"
	}
	return n.Text
}
