package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/testshare"
)

// The rounds of TestFastFindings; under TAP_REST_FULL_TESTS its time.
const (
	findingRounds = 300
	findingTime   = 2 * time.Minute
)

// What is found out about a record, alone or while its page is proven, holds:
// without what is to be cut out of it, it fits, it has its fields, it has no
// new ones, and the value that was asked for is where it says.
func TestFastFindings(t *testing.T) {
	scanner, err := NewPageScanner(RecordPath{Steps: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	first, full, until := seedOf(t.Name()), os.Getenv("TAP_REST_FULL_TESTS") != "", time.Now().Add(findingTime)
	if full {
		first = rand.Uint64() >> 1
	}
	if *fastSeed != 0 {
		tryFindings(t, scanner, *fastSeed)
		return
	}
	known, fit, compiled, round := 0, 0, 0, 0
	rounds := testshare.Seeds(findingRounds)
	for ; full && time.Now().Before(until) || !full && round < rounds; round++ {
		found, ok := tryFindings(t, scanner, first+uint64(round))
		if ok {
			compiled++
		}
		for _, f := range found {
			fit, known = fit+bit(f.Fits), known+bit(f.Known)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d schemas compile, %d of %d records fit, %d have surely no new fields", compiled, round, fit, compiled*recordsByRound, known)
	if testshare.Race {
		return // a few say nothing
	}
	if fit < round/4 || known < round/20 {
		t.Error("too few to say anything")
	}
}

// tryFindings makes a page by a seed and checks what is found in its records.
func tryFindings(t *testing.T, scanner *PageScanner, seed uint64) ([]check.Finding, bool) {
	t.Helper()
	m := newMaker(seed)
	doc := m.document(pick(m, []string{"", "", "properties", "additionalProperties", "allOf", "not", "dependencies", "contains", "items", "wide"}))
	s, err := Compile([]byte(doc.text))
	if err != nil {
		return nil, false
	}
	fields, err := NewFields([]byte(doc.text))
	if err != nil {
		t.Fatalf("seed %d: compiles, but NewFields: %v", seed, err)
	}
	w := m.wanted()
	var records []string
	for range recordsByRound {
		records = append(records, doc.value(4))
	}
	found, fault := lookIntoPage(t, scanner, s, fields, w, records)
	if fault != "" {
		t.Errorf("%s\nseed %d (-run %s -fast.seed %[2]d)\nwanted %+[4]v\nschema %s", fault, seed, t.Name(), w, doc.text)
	}
	return found, true
}

// lookIntoPage makes a page of the records and returns what is found in each
// of them once it is cut, or in what that is wrong.
func lookIntoPage(t *testing.T, scanner *PageScanner, s *Schema, fields *Fields, w check.Wanted, records []string) (all []check.Finding, fault string) {
	t.Helper()
	var page Page
	e := s.Expect(w)
	scanner.Expect(e)
	body := `{"more":[1e9,{"v":1}],"data":[` + strings.Join(records, ",") + `],"v":1e401}`
	if err := scanner.Scan([]byte(body), &page); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for i, record := range records {
		left := withoutPaths(record, w.Cut)
		if w.Drop {
			left = string(fields.AppendWithout(nil, []byte(left)))
		}
		alone, in := e.Look([]byte(left)), page.Records[i].Finding
		all = append(all, alone)
		fault = findingFault(s, fields, left, w, alone, left[alone.Value.Start:alone.Value.End])
		if in.Looked && fault == "" {
			stays := string(page.AppendRecord(nil, i))
			if !json.Valid([]byte(stays)) || withoutPaths(stays, nil) != withoutPaths(left, nil) {
				fault = "what stays in a page is " + stays
			} else if fault = findingFault(s, fields, left, w, in, string(page.Value(i))); fault != "" {
				fault = "in a page: " + fault
			}
		}
		if fault != "" {
			return all, fmt.Sprintf("%s\nrecord %s\nof which stays %s\nfound %+v alone, %+v in a page", fault, record, left, alone, in)
		}
	}
	return all, ""
}

// What a schema asks of a value as a whole is asked of what stays of it.
func TestFastCutFindings(t *testing.T) {
	drop := check.Wanted{Drop: true}
	cut := check.Wanted{Cut: [][]string{{"v", "x"}}}
	tests := []struct {
		name   string
		w      check.Wanted
		doc    string
		record string
	}{
		{"not, dropped", drop, `{"properties":{"v":{"properties":{"a":{}},"not":{"maxProperties":0}}}}`, `{"v":{"x":1}}`},
		{"not at the top, dropped", drop, `{"properties":{"a":{}},"not":{"maxProperties":0}}`, `{"x":1}`},
		{"not around it, dropped", drop, `{"properties":{"v":{"properties":{"a":{}}}},"not":{"properties":{"v":{"maxProperties":0}}}}`, `{"v":{"x":1}}`},
		{"if, dropped", drop, `{"properties":{"a":{}},"if":{"required":["x"]},"else":false}`, `{"x":1}`},
		{"any, dropped", drop, `{"properties":{"a":{}},"anyOf":[{"required":["x"]}]}`, `{"x":1}`},
		{"one, dropped", drop, `{"properties":{"a":{}},"oneOf":[{"required":["x"]},{"required":["a"]}]}`, `{"x":1}`},
		{"all, dropped", drop, `{"properties":{"a":{}},"allOf":[{"minProperties":1}]}`, `{"x":1}`},
		{"contains, dropped", drop, `{"properties":{"v":{"items":{"properties":{"a":{}}},"contains":{"required":["x"]}}}}`, `{"v":[{"x":1}]}`},
		{"contains around it, dropped", drop, `{"properties":{"v":{"items":{"properties":{"w":{"properties":{"a":{}}}}},"contains":{"properties":{"w":{"minProperties":1}}}}}}`, `{"v":[{"w":{"x":1}}]}`},
		{"a dependency, dropped", drop, `{"properties":{"a":{}},"dependencies":{"a":{"minProperties":2}}}`, `{"a":1,"x":1}`},
		{"a dependency on what is dropped", drop, `{"properties":{"a":{}},"dependencies":{"a":["x"]}}`, `{"a":1,"x":1}`},
		{"required, dropped", drop, `{"properties":{"a":{}},"required":["x"]}`, `{"x":1}`},
		{"counted, dropped", drop, `{"properties":{"a":{}},"minProperties":2}`, `{"a":1,"x":1}`},
		{"unique, dropped", drop, `{"properties":{"v":{"items":{"properties":{"a":{}}},"uniqueItems":true}}}`, `{"v":[{"a":1,"x":1},{"a":1,"x":2}]}`},
		{"const, dropped", drop, `{"properties":{"v":{"properties":{"a":{}},"const":{"a":1,"x":1}}}}`, `{"v":{"a":1,"x":1}}`},
		{"a huge number, dropped", drop, `{"properties":{"a":{}}}`, `{"x":1e401}`},
		{"not, cut", cut, `{"properties":{"v":{"not":{"maxProperties":0}}}}`, `{"v":{"x":1}}`},
		{"not around it, cut", cut, `{"not":{"properties":{"v":{"maxProperties":0}}}}`, `{"v":{"x":1}}`},
		{"if, cut", cut, `{"properties":{"v":{"if":{"required":["x"]},"else":false}}}`, `{"v":{"x":1}}`},
		{"if around it, cut", cut, `{"if":{"properties":{"v":{"required":["x"]}}},"else":false}`, `{"v":{"x":1}}`},
		{"contains, cut", cut, `{"properties":{"v":{"contains":{"required":["x"]}}}}`, `{"v":[{"x":1}]}`},
		{"unique, cut", cut, `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[{"x":1},{"x":2}]}`},
		{"a dependency, cut", cut, `{"dependencies":{"v":{"properties":{"v":{"minProperties":1}}}}}`, `{"v":{"x":1}}`},
		{"required, cut", cut, `{"properties":{"v":{"required":["x"]}}}`, `{"v":{"x":1}}`},
		{"counted, cut", cut, `{"properties":{"v":{"minProperties":1}}}`, `{"v":{"x":1,"\u0078":2}}`},
		{"by pattern, cut", cut, `{"patternProperties":{"^v":{"minProperties":1}}}`, `{"v":{"x":1}}`},
		{"by the rest, cut", cut, `{"additionalProperties":{"minProperties":1}}`, `{"v":{"x":1}}`},
		{"by reference, cut", cut, `{"properties":{"v":{"$ref":"#/definitions/n"},"w":{"$ref":"#/definitions/n"}},"definitions":{"n":{"minProperties":1}}}`, `{"w":{"x":1},"v":{"x":1}}`},
		{"in tuples and lists of lists, cut", cut, `{"properties":{"v":{"items":[{"items":{"minProperties":1}}],"additionalItems":{"minProperties":1}}}}`, `{"v":[[{"x":1}],{"x":1}]}`},
		{"the value asked for, cut", check.Wanted{Cut: [][]string{{"x"}}, Value: "x"}, `{}`, `{"x":1}`},
		{"a field needed, cut", check.Wanted{Cut: [][]string{{"x"}}, Fields: []string{"x"}}, `{}`, `{"x":1}`},
		{"cut and dropped", check.Wanted{Cut: [][]string{{"a", "b"}, {"c"}}, Drop: true}, `{"properties":{"a":{"properties":{"b":{},"d":{}},"minProperties":1},"c":{}}}`, `{ "c" : 1 , "a" : { "x" : 1 , "b" : 2 } , "c" : 2 }`},
	}
	scanner, err := NewPageScanner(RecordPath{Steps: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Compile([]byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			fields, err := NewFields([]byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			if _, fault := lookIntoPage(t, scanner, s, fields, tt.w, []string{tt.record}); fault != "" {
				t.Errorf("%s\nschema %s", fault, tt.doc)
			}
		})
	}
}

// wanted makes what is asked of records besides their schema.
func (m *maker) wanted() check.Wanted {
	w := check.Wanted{Value: pick(m, []string{"", m.name(), m.name(), "v"}), Drop: m.chance(40)}
	for m.chance(30) {
		w.Fields = append(w.Fields, m.name())
	}
	for m.chance(35) {
		path := []string{m.name()}
		for m.chance(40) {
			path = append(path, m.name())
		}
		w.Cut = append(w.Cut, path)
	}
	return w
}

// findingFault says in what a finding about a record, from which everything is
// cut that is to be, is wrong.
func findingFault(s *Schema, fields *Fields, record string, w check.Wanted, found check.Finding, value string) (fault string) {
	if found.Fits {
		if hugeNumberIn([]byte(record)) != "" {
			return "fits, with a huge number"
		}
		if v := s.judged([]byte(record)); v != nil {
			return "wrongly accepted: the judge says " + v.Error()
		}
		for _, name := range w.Fields {
			if v := firstField(record, name); v == "" || strings.ContainsAny(v[:1], "n{[") {
				return "accepted with the key " + name + " as " + v
			}
		}
	}
	if found.Known {
		fields.Unknown([]byte(record), func(pointer string, _ []byte) bool {
			fault = "known, but has the new field " + pointer
			return false
		})
	}
	want := firstField(record, w.Value)
	if w.Value == "" || strings.HasPrefix(want, "{") || strings.HasPrefix(want, "[") { // of which something may be cut out
		return fault
	}
	if fault == "" && value != want {
		return "the value found is " + value + ", want " + want
	}
	return fault
}

// withoutPaths returns a value without the members at the paths, through any
// arrays, and without white space.
func withoutPaths(text string, paths [][]string) string {
	var items []string
	decoder := json.NewDecoder(strings.NewReader(text))
	switch text = strings.TrimSpace(text); {
	case strings.HasPrefix(text, "["):
		for decoder.Token(); decoder.More(); {
			items = append(items, withoutPaths(nextValue(decoder), paths))
		}
		return "[" + strings.Join(items, ",") + "]"
	case strings.HasPrefix(text, "{"):
		for decoder.Token(); decoder.More(); {
			name, _ := decoder.Token()
			value, whole := nextValue(decoder), false
			var inside [][]string
			for _, path := range paths {
				if path[0] == name {
					whole = whole || len(path) == 1
					inside = append(inside, path[1:])
				}
			}
			if !whole {
				items = append(items, string(model.Quote(name.(string)))+":"+withoutPaths(value, inside))
			}
		}
		return "{" + strings.Join(items, ",") + "}"
	}
	return text
}

func nextValue(decoder *json.Decoder) string {
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return string(value)
}

// firstField returns the value of the first field of that name, as written; ""
// for none.
func firstField(record, name string) string {
	decoder := json.NewDecoder(strings.NewReader(record))
	decoder.Token()
	for decoder.More() {
		key, _ := decoder.Token()
		if value := nextValue(decoder); key == name {
			return value
		}
	}
	return ""
}
