package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// suiteCase is one case of the JSON Schema test suite.
type suiteCase struct {
	draft, file string
	group, name string
	schema      any // decoded with UseNumber
	data        json.RawMessage
	valid       bool
}

var suiteDrafts = map[string]string{
	"draft4": "http://json-schema.org/draft-04/schema#",
	"draft6": "http://json-schema.org/draft-06/schema#",
	"draft7": "http://json-schema.org/draft-07/schema#",
	"format": "http://json-schema.org/draft-07/schema#",
}

// suiteCases returns all cases of the suite.
func suiteCases(t testing.TB, suite fs.FS) []suiteCase {
	t.Helper()
	files, err := fs.Glob(suite, "*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("the suite is not there: %v", err)
	}
	var all []suiteCase
	for _, name := range files {
		text, err := fs.ReadFile(suite, name)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Description string
			Schema      any
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&groups); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, g := range groups {
			for _, tt := range g.Tests {
				all = append(all, suiteCase{
					path.Dir(name), strings.TrimSuffix(path.Base(name), ".json"),
					g.Description, tt.Description, g.Schema, tt.Data, tt.Valid,
				})
			}
		}
	}
	return all
}

// record returns the case's data as the field v of an object.
func (c *suiteCase) record() []byte {
	return append(append([]byte(`{"v":`), c.data...), '}')
}

// wrapped returns the case's schema as that of the field v.
func (c *suiteCase) wrapped() []byte {
	return encodeSchema(map[string]any{
		"$schema":    suiteDrafts[c.draft],
		"type":       "object",
		"properties": map[string]any{"v": movedRefs(c.schema)},
	})
}

// whole returns the case's schema as it is, with the draft named or not; nil
// where it is no object.
func (c *suiteCase) whole(draft bool) []byte {
	object, ok := c.schema.(map[string]any)
	if !ok {
		return nil
	}
	if object = maps.Clone(object); draft && object["$schema"] == nil {
		object["$schema"] = suiteDrafts[c.draft]
	}
	return encodeSchema(object)
}

func encodeSchema(schema any) []byte {
	text, err := json.Marshal(schema)
	if err != nil {
		panic(err)
	}
	return text
}

// movedRefs returns the schema with its references within the document set to
// where it is once wrapped.
func movedRefs(schema any) any {
	switch schema := schema.(type) {
	case map[string]any:
		moved := map[string]any{}
		for name, value := range schema {
			ref, isText := value.(string)
			switch {
			case name == "enum" || name == "const":
				moved[name] = value
			case name == "$ref" && isText && (ref == "#" || strings.HasPrefix(ref, "#/")):
				moved[name] = "#/properties/v" + ref[1:]
			default:
				moved[name] = movedRefs(value)
			}
		}
		return moved
	case []any:
		moved := []any{}
		for _, value := range schema {
			moved = append(moved, movedRefs(value))
		}
		return moved
	}
	return schema
}

// share counts the records that the judge accepts and those of them that the
// fast check accepts.
type share struct{ records, fit, fast int }

func (s *share) add(f finding) {
	s.records++
	if f.fits {
		s.fit++
	}
	if f.fast {
		s.fast++
	}
}

func (s *share) String() string {
	return fmt.Sprintf("%6d records, %6d fit, %6d of them by the fast check (%3.0f %%)", s.records, s.fit, s.fast, 100*float64(s.fast)/float64(max(s.fit, 1)))
}

// The cases of the test suite, as a field of a record and, where they are
// about objects, as the record. What the suite wants and Compile or the judge
// do otherwise is listed in a golden file.
func TestFastSuite(t *testing.T) {
	var differs []string
	shares := map[string]*share{}
	cases := suiteCases(t, os.DirFS("testdata/suite"))
	for _, c := range cases {
		place := c.draft + "/" + c.file
		if shares[place] == nil {
			shares[place] = &share{}
		}
		s, err := Compile(c.wrapped())
		if err != nil {
			differs = append(differs, fmt.Sprintf("%s: %s: does not compile", place, c.group))
		} else {
			f := suiteFinding(t, s, &c, c.record())
			shares[place].add(f)
			if f.fits != c.valid {
				differs = append(differs, fmt.Sprintf("%s: %s: %s: valid is %v", place, c.group, c.name, f.fits))
			}
		}
		suiteObject(t, &c)
	}
	for _, place := range slices.Sorted(maps.Keys(shares)) {
		t.Logf("%-36s %v", place, shares[place])
	}
	t.Logf("%d cases, %d of them in differs.txt", len(cases), len(differs))
	compareGolden(t, "testdata/suite/differs.txt", strings.Join(slices.Compact(differs), "\n")+"\n")
}

func suiteFinding(t *testing.T, s *Schema, c *suiteCase, record []byte) finding {
	t.Helper()
	f := lookInto(s, record)
	if f.fault != "" {
		t.Errorf("%s/%s: %s: %s: %s\nschema %s\nrecord %s", c.draft, c.file, c.group, c.name, f.fault, s.Bytes(), record)
	}
	return f
}

// suiteObject looks into a case whose data is an object, as it is.
func suiteObject(t *testing.T, c *suiteCase) {
	t.Helper()
	for _, draft := range []bool{true, false} {
		doc := c.whole(draft)
		if doc == nil || c.data[0] != '{' {
			return
		}
		if s, err := Compile(doc); err == nil {
			suiteFinding(t, s, c, c.data)
		}
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	wanted := strings.Split(string(want), "\n")
	for line := range strings.SplitSeq(got, "\n") {
		if i := slices.Index(wanted, line); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
		} else {
			t.Errorf("not in %s: %s", name, line)
		}
	}
	for _, line := range wanted {
		t.Errorf("only in %s: %s", name, line)
	}
	t.Error("go test ./catalog/schema -run TestFastSuite -update writes it anew")
}
