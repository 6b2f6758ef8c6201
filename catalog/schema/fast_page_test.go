package schema

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
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
	for ; full && time.Now().Before(until) || !full && round < findingRounds; round++ {
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
	if fit < round/4 || known < round/20 {
		t.Error("too few to say anything")
	}
}

// tryFindings makes a page by a seed and checks what is found in its records.
func tryFindings(t *testing.T, scanner *PageScanner, seed uint64) ([]Finding, bool) {
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
	e := s.Expect(w)
	var records []string
	for range recordsByRound {
		records = append(records, doc.value(4))
	}
	var page Page
	scanner.Expect(e)
	body := `{"more":[1e9,{"v":1}],"data":` + m.join("[", records, "]") + `,"v":1e401}`
	if err := scanner.Scan([]byte(body), &page); err != nil {
		t.Fatalf("seed %d: %v: %s", seed, err, body)
	}
	var all []Finding
	for i, record := range records {
		left := withoutPaths(record, w.Cut)
		if w.Drop {
			left = string(fields.AppendWithout(nil, []byte(left)))
		}
		alone := e.Look([]byte(left))
		all = append(all, alone)
		fault := findingFault(s, fields, left, w, alone, left[alone.Value.Start:alone.Value.End])
		if in := page.Records[i].Finding; in.Looked && fault == "" {
			stays := string(page.AppendRecord(nil, i))
			if !json.Valid([]byte(stays)) || withoutPaths(stays, nil) != withoutPaths(left, nil) {
				fault = "what stays in a page is " + stays
			} else if fault = findingFault(s, fields, left, w, in, string(page.Value(i))); fault != "" {
				fault = "in a page: " + fault
			}
		}
		if fault != "" {
			t.Errorf("%s\nseed %d (-run %s -fast.seed %[2]d)\nfound %+[4]v alone, %+v in a page\nwanted %+v\nschema %s\nrecord %s\nof which stays %s", fault, seed, t.Name(), alone, page.Records[i].Finding, w, doc.text, record, left)
			return all, true
		}
	}
	return all, true
}

// wanted makes what is asked of records besides their schema.
func (m *maker) wanted() Wanted {
	w := Wanted{Value: pick(m, []string{"", m.name(), m.name(), "v"}), Drop: m.chance(40)}
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
func findingFault(s *Schema, fields *Fields, record string, w Wanted, found Finding, value string) (fault string) {
	if found.Fits {
		if hugeNumberIn([]byte(record)) != "" {
			return "fits, with a huge number"
		}
		if v := s.judged([]byte(record)); v != nil {
			return "wrongly accepted: the judge says " + v.Error()
		}
		for _, name := range w.Fields {
			if firstField(record, name) == "" {
				return "accepted without the field " + name
			}
		}
	}
	if found.Known {
		fields.Unknown([]byte(record), func(pointer string, _ []byte) bool {
			fault = "known, but has the new field " + pointer
			return false
		})
	}
	if want := firstField(record, w.Value); w.Value != "" && fault == "" && withoutPaths(value, nil) != withoutPaths(want, nil) {
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
				items = append(items, string(quote(name.(string)))+":"+withoutPaths(value, inside))
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
