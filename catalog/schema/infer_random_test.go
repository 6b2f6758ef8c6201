package schema_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/testshare"
)

// Random records go through inference, the judge, drift and back: what was
// inferred accepts its records, what was widened accepts both, what was cut
// holds nothing new.
func TestRandomRecords(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for range testshare.Seeds(400) {
		in := infer.New()
		var records []string
		for range 1 + random.IntN(3) {
			records = append(records, randomObject(random, 4))
			in.Add([]byte(records[len(records)-1]))
		}
		doc := in.Schema([]string{"a"})
		for _, r := range records {
			if v := MustCompile(t, string(doc)).Check([]byte(r)); v != nil {
				t.Fatalf("%s\nby %s: %v", r, doc, v)
			}
		}
		stranger := randomObject(random, 4)
		checkDropped(t, doc, stranger)
		wider, _, err := infer.Widen(doc, []byte(stranger))
		if err != nil {
			t.Fatal(err)
		}
		s := MustCompile(t, string(wider))
		for _, r := range append(records, stranger) {
			if v := s.Check([]byte(r)); v != nil {
				t.Fatalf("%s\nby %s\nwidened from %s\nfor %s: %v", r, wider, doc, stranger, v)
			}
		}
		if again, changed, _ := infer.Widen(wider, []byte(stranger)); changed {
			t.Fatalf("%s\nagain widened to %s\nfor %s", wider, again, stranger)
		}
	}
}

func checkDropped(t *testing.T, doc []byte, record string) {
	t.Helper()
	without := string(mustFields(t, string(doc)).AppendWithout(nil, []byte(record)))
	if got := unknown(mustFields(t, string(doc)), without); got != nil {
		t.Fatalf("%q left in %s, cut from %s", got, without, record)
	}
	added, _, err := infer.AddFields(doc, []byte(record))
	if err != nil {
		t.Fatal(err)
	}
	if got := unknown(mustFields(t, string(added)), record); got != nil {
		t.Fatalf("%q still new in %s", got, added)
	}
}

// Whether a number is an integer is decided as the judge does.
func TestRandomIntegers(t *testing.T) {
	const doc = `{"properties":{"a":{"type":"integer"}}}`
	s, random := MustCompile(t, doc), rand.New(rand.NewPCG(3, 5))
	for range 3_000 {
		record := `{"a":` + randomNumber(random) + `}`
		_, changed, err := infer.Widen([]byte(doc), []byte(record))
		if fits := s.Check([]byte(record)) == nil; err != nil || fits == changed {
			t.Fatalf("%s: the judge says %v, widened %v, %v", record, fits, changed, err)
		}
	}
}

func randomObject(r *rand.Rand, depth int) string {
	var members []string
	for range r.IntN(5) {
		name := []string{`"a"`, `"b"`, `"c\/"`, `"\u0061"`, `"~"`}[r.IntN(5)]
		members = append(members, name+[]string{":", " : "}[r.IntN(2)]+randomValue(r, depth-1))
	}
	return `{` + strings.Join(members, []string{",", " ,\n"}[r.IntN(2)]) + `}`
}

func randomValue(r *rand.Rand, depth int) string {
	switch kind := r.IntN(8); {
	case kind < 2 && depth > 0:
		return randomObject(r, depth)
	case kind == 2 && depth > 0:
		var elements []string
		for range r.IntN(4) {
			elements = append(elements, randomValue(r, depth-1))
		}
		return `[` + strings.Join(elements, ", ") + `]`
	case kind < 5:
		return randomNumber(r)
	default:
		values := []string{`null`, `true`, `""`, `"x\"}"`, `"2024-01-01T00:00:00Z"`, `"2024-01-01"`, `"2024-05-06T07:08:09.5-01:00"`}
		return values[r.IntN(len(values))]
	}
}

func randomNumber(r *rand.Rand) string {
	number := []string{"", "-"}[r.IntN(2)] + []string{"0", "7", "10", "1200", "305"}[r.IntN(5)]
	if r.IntN(2) == 0 {
		number += "." + []string{"0", "5", "050", "00", "125"}[r.IntN(5)]
	}
	if r.IntN(2) == 0 {
		number += fmt.Sprintf("%s%s%d", []string{"e", "E"}[r.IntN(2)], []string{"", "+", "-"}[r.IntN(3)], r.IntN(5))
	}
	return number
}
