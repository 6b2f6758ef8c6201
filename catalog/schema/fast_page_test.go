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

// What is found out about a record while its page is proven is what is found
// out about it alone, and holds: it fits, it has its fields, it has no new
// ones, and the value that was asked for is where it says.
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
	doc := m.document(pick(m, []string{"", "", "properties", "additionalProperties", "allOf", "not", "dependencies", "wide"}))
	s, err := Compile([]byte(doc.text))
	if err != nil {
		return nil, false
	}
	fields, err := NewFields([]byte(doc.text))
	if err != nil {
		t.Fatalf("seed %d: compiles, but NewFields: %v", seed, err)
	}
	var needed []string
	for m.chance(30) {
		needed = append(needed, m.name())
	}
	value := pick(m, []string{"", m.name(), m.name(), "v"})
	e := s.Expect(needed, value)

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
		in, alone := page.Records[i].Finding, e.Look([]byte(record))
		all = append(all, in)
		fault := findingFault(s, fields, record, needed, value, alone)
		switch place := page.Value(i); {
		case fault != "":
		case in.Fits != alone.Fits || in.Known != alone.Known || !in.Looked:
			fault = "is judged otherwise in a page"
		case string(place) != record[alone.Value.Start:alone.Value.End]:
			fault = "its value lies elsewhere in a page: " + string(place)
		}
		if fault != "" {
			t.Errorf("%s\nseed %d (-run %s -fast.seed %[2]d)\nfound %+[4]v alone, %+v in a page\nneeded %q, value %q\nschema %s\nrecord %s", fault, seed, t.Name(), alone, in, needed, value, doc.text, record)
			return all, true
		}
	}
	return all, true
}

// findingFault says in what a finding about a record is wrong.
func findingFault(s *Schema, fields *Fields, record string, needed []string, value string, found Finding) (fault string) {
	if found.Fits {
		if hugeNumberIn([]byte(record)) != "" {
			return "fits, with a huge number"
		}
		if v := s.judged([]byte(record)); v != nil {
			return "wrongly accepted: the judge says " + v.Error()
		}
		for _, name := range needed {
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
	if want, got := firstField(record, value), record[found.Value.Start:found.Value.End]; value != "" && fault == "" && got != want {
		return "the value found is " + got + ", want " + want
	}
	return fault
}

// firstField returns the value of the first field of that name, as written; ""
// for none.
func firstField(record, name string) string {
	decoder := json.NewDecoder(strings.NewReader(record))
	decoder.Token()
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		if key == name {
			return string(value)
		}
	}
	return ""
}
