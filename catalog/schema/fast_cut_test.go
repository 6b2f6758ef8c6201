package schema_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/testshare"
)

// cutPlay makes random records, and random paths into them.
type cutPlay struct{ *rand.Rand }

func (p cutPlay) name() string {
	return []string{"a", "b", "c", "id", "é", `x\"y`}[p.IntN(6)]
}

func (p cutPlay) space() string { return strings.Repeat(" ", max(0, p.IntN(6)-4)) }

// key writes a name, now and then with an escape where none is needed.
func (p cutPlay) key() string {
	name := p.name()
	if name == "a" && p.IntN(4) == 0 {
		name = `\u0061`
	}
	return `"` + name + `"`
}

func (p cutPlay) value(depth int) string {
	kind := p.IntN(8)
	if depth > 3 && kind < 4 {
		kind += 4
	}
	switch kind {
	case 0, 1:
		return p.object(depth + 1)
	case 2, 3:
		var elements []string
		for range p.IntN(4) {
			elements = append(elements, p.space()+p.value(depth+1)+p.space())
		}
		return "[" + strings.Join(elements, ",") + "]"
	case 4:
		return `"te\nxt"`
	case 5:
		return "null"
	}
	return fmt.Sprint(p.IntN(100))
}

func (p cutPlay) object(depth int) string {
	var members []string
	for range p.IntN(6) {
		members = append(members, p.space()+p.key()+p.space()+":"+p.space()+p.value(depth)+p.space())
	}
	return "{" + strings.Join(members, ",") + p.space() + "}"
}

func (p cutPlay) paths() (all [][]string) {
	for range 1 + p.IntN(4) {
		var path []string
		for range 1 + p.IntN(3) {
			path = append(path, strings.ReplaceAll(p.name(), `\`, ""))
		}
		all = append(all, path)
	}
	return all
}

// doc is a random schema of such records; it need not fit them.
func (p cutPlay) doc(depth int) string {
	if depth > 3 || p.IntN(4) == 0 {
		return []string{"{}", `{"type":["null","string","integer"]}`, `{"type":"object"}`, `{"type":"array"}`}[p.IntN(4)]
	}
	if p.IntN(4) == 0 {
		return `{"type":["null","array","object"],"items":` + p.doc(depth+1) + `}`
	}
	var members []string
	for _, name := range []string{"a", "b", "c", "id", "é", `x\"y`} {
		if p.IntN(2) == 0 {
			members = append(members, fmt.Sprintf(`"%s":%s`, name, p.doc(depth+1)))
		}
	}
	more := []string{"", `,"required":["a"]`, `,"additionalProperties":false`, `,"additionalProperties":` + p.doc(depth+1), `,"minProperties":2`, `,"maxProperties":2`,
		`,"dependencies":{"a":["b"]}`, `,"patternProperties":{"^[ab]$":{}}`, `,"propertyNames":{"maxLength":2}`}[p.IntN(9)]
	return `{"properties":{` + strings.Join(members, ",") + `}` + more + `}`
}

// TestCuts holds the one pass over a page against the passes that it spares: by
// catalog.Mask, by Fields, and by the judge over what they leave.
func TestCuts(t *testing.T) {
	looked, fitting := 0, 0
	for seed := range uint64(testshare.Seeds(1_000)) {
		p := cutPlay{rand.New(rand.NewPCG(seed, 1))}
		doc, paths, drop := p.doc(0), p.paths(), p.IntN(2) == 0
		s := MustCompile(t, doc)
		fields, err := schema.NewFields([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		scanner, err := schema.NewPageScanner(schema.RecordPath{Steps: []string{"data"}})
		if err != nil {
			t.Fatal(err)
		}
		wanted := check.Wanted{Value: "id", Cut: paths, Drop: drop}
		scanner.Expect(s.Expect(wanted))
		var page schema.Page
		body := `{"data":[` + p.object(0) + `,` + p.object(0) + `]}`
		if err := scanner.Scan([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		if got, want := throughWindow(t, s.Expect(wanted), body, 1+int(seed%50)), found(&page); !slices.Equal(got, want) {
			t.Errorf("seed %d: through a window %q, as a whole %q", seed, got, want)
		}
		touched := slices.ContainsFunc(paths, func(path []string) bool { return path[0] == "id" })
		for i, r := range page.Records {
			if !r.Looked {
				continue
			}
			looked++
			want := catalog.NewMask(paths).Append(nil, page.Record(i), nil)
			if drop {
				want = fields.AppendWithout(nil, want)
			}
			got := page.AppendRecord(nil, i)
			unknown := false
			fields.Unknown(want, func(string, []byte) bool { unknown = true; return false })
			v := s.Check(want)
			switch {
			case !bytes.Equal(bytes.ReplaceAll(got, []byte(" "), nil), bytes.ReplaceAll(want, []byte(" "), nil)) || !drop && !bytes.Equal(got, want):
				t.Errorf("seed %d: %s without %v, dropping %v by %s:\n got %s\nwant %s", seed, page.Record(i), paths, drop, doc, got, want)
			case r.Fits && v != nil:
				t.Errorf("seed %d: %s without %v fits %s, but %v", seed, page.Record(i), paths, doc, v)
			case r.Known && unknown:
				t.Errorf("seed %d: %s without %v is known by %s", seed, page.Record(i), paths, doc)
			case !drop && !touched && !bytes.Equal(page.Value(i), raw.Text(page.Record(i)).Field("id")):
				t.Errorf("seed %d: id in %s is %s", seed, page.Record(i), page.Value(i))
			}
			if r.Fits {
				fitting++
			}
		}
	}
	if looked == 0 || fitting < looked/10 {
		t.Errorf("%d records were looked at, %d fit: too few to tell", looked, fitting)
	}
}

// found is what is found out about a page's records.
func found(page *schema.Page) (all []string) {
	for i, r := range page.Records {
		all = append(all, fmt.Sprintf("%s %v %v %v %s", page.AppendRecord(nil, i), r.Looked, r.Fits, r.Known, page.Value(i)))
	}
	return all
}

// throughWindow is what is found out about a body's records through a window.
func throughWindow(t *testing.T, e *check.Expectation, body string, window int) (all []string) {
	t.Helper()
	scanner, err := schema.NewStreamScanner(schema.RecordPath{Steps: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	scanner.SetLimits(window, schema.MaxRecord, schema.MaxRest)
	scanner.Expect(e)
	_, err = scanner.Scan(strings.NewReader(body), func(page *schema.Page) error {
		all = append(all, found(page)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
